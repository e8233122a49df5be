"""ResT's attention: keys and values from a coarser grid, and heads that see each other's weights.

Zhang & Yang 2021 (ResT), section 3.1: a depthwise convolution of stride ``reduction`` shrinks the grid, a 1x1
convolution over heads mixes their logits, and an instance norm restores their diversity. Costs n^2 / reduction^2. Pays
off with few channels a head; needs training, as the mixed heads are new.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.tokens import head_dim_of, join_heads, map_from_tokens, split_heads, tokens_from_map


class MixedHeadsAttention(nn.Module):
    """``q``, ``kv`` and ``proj`` as in spatial-reduction attention. Leading tokens are keys as they are."""

    def __init__(self, *, dim: int, num_heads: int, reduction: int = 2) -> None:
        super().__init__()
        if reduction < 1:
            raise HondoError(f"the reduction of ResT's attention is at least 1, got reduction={reduction}")
        self.reduction, self.head_dim = reduction, head_dim_of(dim, num_heads)
        self.q = nn.Linear(dim, dim)
        self.kv = nn.Linear(dim, 2 * dim)
        self.proj = nn.Linear(dim, dim)
        self.mix_heads = nn.Conv2d(num_heads, num_heads, 1)
        self.diversity = nn.InstanceNorm2d(num_heads)
        if reduction > 1:
            self.sr = nn.Conv2d(dim, dim, reduction + 1, stride=reduction, padding=reduction // 2, groups=dim)
            self.norm = nn.LayerNorm(dim)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The attended tokens, of the same shape."""
        (q,) = split_heads(self.q(tokens), head_dim=self.head_dim, parts=1)
        k, v = split_heads(self.kv(self._reduced(tokens, grid_hw)), head_dim=self.head_dim, parts=2)
        logits = self.mix_heads(q @ k.transpose(-2, -1) * self.head_dim**-0.5)  # (b heads n m)
        weights = self.diversity(F.softmax(logits, dim=-1))
        return self.proj(join_heads(weights @ v))

    def _reduced(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b m c"]:
        if self.reduction == 1:
            return tokens
        leading = tokens.shape[1] - grid_hw[0] * grid_hw[1]
        reduced = self.norm(tokens_from_map(self.sr(map_from_tokens(tokens[:, leading:], grid_hw))))
        return torch.cat([tokens[:, :leading], reduced], dim=1) if leading else reduced
