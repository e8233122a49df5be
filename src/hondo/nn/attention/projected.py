"""The frame that most attentions share: project to queries, keys and values, mix the values, project back."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import Size
from hondo.nn.tokens import head_dim_of, join_heads, split_heads

OfGrid = Float[Tensor, "b heads n d"]  # of the tokens that have a place in the grid
Leading = Float[Tensor, "b heads l d"]  # of those before them
# Queries, keys and values (b heads n d) and the grid's size -> the mixed values. Tokens before those of the grid are
# leading tokens, which have no place in it.
Mix = Callable[..., Float[Tensor, "b heads n d"]]


class ProjectedAttention(nn.Module):
    """Takes the weights of softmax attention as they are; ``mix`` says who attends to whom."""

    def __init__(self, *, dim: int, num_heads: int, mix: Mix) -> None:
        super().__init__()
        self.head_dim = head_dim_of(dim, num_heads)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.mix = mix

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The attended tokens, of the same shape."""
        q, k, v = split_heads(self.qkv(tokens), head_dim=self.head_dim, parts=3)
        return self.proj(join_heads(self.mix(q, k, v, tuple(grid_hw))))


def with_leading(
    q: Float[Tensor, "b heads n d"],
    k: Float[Tensor, "b heads n d"],
    v: Float[Tensor, "b heads n d"],
    grid_hw: Size,
    of_grid: Callable[..., Float[Tensor, "b heads m d"]],
) -> Float[Tensor, "b heads n d"]:
    """Leading tokens attend to all tokens; ``of_grid(q, k, v, leading_k, leading_v)`` mixes for those of the grid."""
    leading = q.shape[2] - grid_hw[0] * grid_hw[1]
    mixed = of_grid(q[:, :, leading:], k[:, :, leading:], v[:, :, leading:], k[:, :, :leading], v[:, :, :leading])
    if not leading:
        return mixed
    return torch.cat([F.scaled_dot_product_attention(q[:, :, :leading], k, v), mixed], dim=2)


def with_fewer_keys(
    q: Float[Tensor, "b heads n d"],
    k: Float[Tensor, "b heads n d"],
    v: Float[Tensor, "b heads n d"],
    grid_hw: Size,
    *,
    fewer_keys: Callable[[OfGrid], Float[Tensor, "b heads m d"]],
    fewer_values: Callable[[OfGrid], Float[Tensor, "b heads m d"]],
) -> Float[Tensor, "b heads n d"]:
    """Softmax attention to fewer keys than tokens; leading tokens are keys as they are, and attend to all tokens."""

    def of_grid(q: OfGrid, k: OfGrid, v: OfGrid, leading_k: Leading, leading_v: Leading) -> OfGrid:
        keys, values = fewer_keys(k), fewer_values(v)
        if leading_k.shape[2]:
            keys, values = torch.cat([leading_k, keys], dim=2), torch.cat([leading_v, values], dim=2)
        return F.scaled_dot_product_attention(q, keys, values)

    return with_leading(q, k, v, grid_hw, of_grid)


def one_head_at_a_time(mix: Mix) -> Mix:
    """``mix`` on each head alone, whose copies of keys then stay small; all at once where a graph is traced."""

    def mixed(q: OfGrid, k: OfGrid, v: OfGrid, grid_hw: Size) -> Float[Tensor, "b heads n d"]:
        if torch.compiler.is_compiling() or q.shape[1] == 1:
            return mix(q, k, v, grid_hw)
        heads = zip(*(x.split(1, dim=1) for x in (q, k, v)), strict=True)
        return torch.cat([mix(*head, grid_hw) for head in heads], dim=1)

    return mixed


def beside(
    leading: Float[Tensor, "b heads l d"], groups: Float[Tensor, "b heads w m d"]
) -> Float[Tensor, "b heads w l+m d"]:
    """Leading tokens in front of every group; without any, the groups alone: engines dislike empty tensors."""
    if not leading.shape[2]:
        return groups
    return torch.cat([leading.unsqueeze(2).expand(-1, -1, groups.shape[2], -1, -1), groups], dim=3)


def attend_in_groups(
    q: Float[Tensor, "b heads w m d"],
    k: Float[Tensor, "b heads w l d"],
    v: Float[Tensor, "b heads w l d"],
    *,
    mask: Bool[Tensor, "w _ l"] | None = None,
) -> Float[Tensor, "b heads w m d"]:
    """Softmax attention within each group, where ``mask`` allows it; with four axes, as exporters take no more."""
    heads, groups = q.shape[1:3]
    if mask is not None:
        mask = mask.expand(1, heads, -1, -1, -1).flatten(1, 2)
    mixed = F.scaled_dot_product_attention(q.flatten(1, 2), k.flatten(1, 2), v.flatten(1, 2), attn_mask=mask)
    return mixed.unflatten(1, (heads, groups))
