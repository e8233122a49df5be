"""Token merging: the tokens that are most alike are averaged before attention and take the same result after it.

Bolya et al. 2023 (ToMe), section 3: bipartite soft matching by the keys, and attention in which a token counts as
often as it stands for tokens (equation 1); for dense maps every merged token gets its group's result (Bolya & Hoffman
2023). Costs (n - r)^2 for r merged tokens. Pays off with redundant images, without any training.
"""

from functools import partial

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.attention.projected import ProjectedAttention


def merging_attention(*, dim: int, num_heads: int, ratio: float = 0.25) -> ProjectedAttention:
    """``ratio``: the share of the grid's tokens that is merged away, at most half. 0 is softmax attention."""
    if not 0 <= ratio <= 0.5:
        raise HondoError(f"at most half of the tokens can be merged, got ratio={ratio}")
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=partial(mix_merged, ratio=ratio))


def mix_merged(
    q: Float[Tensor, "b heads n d"],
    k: Float[Tensor, "b heads n d"],
    v: Float[Tensor, "b heads n d"],
    grid_hw: Size,
    *,
    ratio: float,
) -> Float[Tensor, "b heads n d"]:
    """Values mixed over merged tokens. Leading tokens are never merged.

    Merging projections is merging tokens: both are averages.
    """
    length = grid_hw[0] * grid_hw[1]
    merged, leading = min(int(ratio * length), length // 2), q.shape[2] - length
    if not merged:
        return F.scaled_dot_product_attention(q, k, v)
    group = groups(k[:, :, leading:].mean(dim=1), merged=merged)  # (b length)
    if leading:
        group = torch.cat([torch.arange(leading, device=q.device).expand(len(q), -1), group + leading], dim=1)
    count = q.shape[2] - merged
    index = group[:, None, :, None].expand(-1, q.shape[1], -1, q.shape[3])
    size = torch.zeros(len(q), count, device=q.device, dtype=q.dtype).scatter_add(
        1, group, torch.ones_like(q[:, 0, :, 0])
    )

    def averaged(x: Tensor) -> Tensor:
        summed = torch.zeros(*x.shape[:2], count, x.shape[3], device=x.device, dtype=x.dtype).scatter_add(2, index, x)
        return summed / size[:, None, :, None]

    mixed = F.scaled_dot_product_attention(averaged(q), averaged(k), averaged(v), attn_mask=size.log()[:, None, None])
    return mixed.gather(2, index)


def groups(keys: Float[Tensor, "b n d"], *, merged: int) -> Int64[Tensor, "b n"]:
    """The group of every token, 0 .. n - merged - 1: every second token may join the one most like it of the others.

    The ``merged`` pairs of the highest cosine join (section 3, bipartite soft matching).
    """
    unit = F.normalize(keys.detach(), dim=-1)
    likeness, partner = (unit[:, ::2] @ unit[:, 1::2].transpose(1, 2)).max(dim=-1)  # of tokens 0, 2, 4 ...
    order = likeness.argsort(dim=-1, descending=True)
    joining, staying = order[:, :merged], order[:, merged:]
    others = unit.shape[1] // 2
    place = torch.arange(staying.shape[1], device=keys.device).expand(len(keys), -1) + others
    even = torch.zeros_like(order).scatter(1, staying, place).scatter(1, joining, partner.gather(1, joining))
    odd = torch.arange(others, device=keys.device).expand(len(keys), -1)
    both = torch.stack([even[:, :others], odd], dim=2).flatten(1)
    return both if unit.shape[1] % 2 == 0 else torch.cat([both, even[:, others:]], dim=1)
