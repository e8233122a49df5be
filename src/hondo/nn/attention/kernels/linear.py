"""Linear attention: elu(x) + 1 in place of the exponential, so that it costs as the tokens do, not as their square.

Katharopoulos et al. 2020, equations 4 to 7: keys and values are summed once, and every query reads the sum.
"""

from collections.abc import Callable
from functools import reduce

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import Size
from hondo.nn.tokens import head_dim_of, join_heads, split_heads

# Tokens whose features exist at once. All at once they leave the cache, and above 32 MiB the C library maps fresh pages
# for each of them, so that time grew faster than the tokens.
CHUNK = 512


class LinearAttention(nn.Module):
    """Takes the weights of softmax attention as they are."""

    def __init__(self, *, dim: int, num_heads: int) -> None:
        super().__init__()
        self.head_dim = head_dim_of(dim, num_heads)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The attended tokens, of the same shape."""
        q, k, v = split_heads(self.qkv(tokens), head_dim=self.head_dim, parts=3)
        mixed = weighted_by_products(
            lambda at: F.elu(q[:, :, at].float()) + 1, lambda at: F.elu(k[:, :, at].float()) + 1, v
        )
        return self.proj(join_heads(mixed))


def weighted_by_products(
    queries: Callable[[slice], Float[Tensor, "b heads part m"]],
    keys: Callable[[slice], Float[Tensor, "b heads part m"]],
    values: Float[Tensor, "b heads n d"],
    *,
    eps: float = 0.0,
) -> Float[Tensor, "b heads n d"]:
    """sum_j (q_i k_j) v_j / (sum_j (q_i k_j) + eps), without the n x n matrix; in float32.

    ``queries`` and ``keys`` give the features of some of the tokens: positive ones, or with an ``eps`` at least 0, as a
    query of zeros then gives zeros.
    """
    parts = chunks(values.shape[2])

    def sums(at: slice) -> tuple[Float[Tensor, "b heads m d"], Float[Tensor, "b heads m 1"]]:
        each = keys(at).transpose(-2, -1)
        return each @ values[:, :, at].float(), each.sum(dim=-1, keepdim=True)

    summed, total = reduce(lambda one, other: (one[0] + other[0], one[1] + other[1]), map(sums, parts))

    def read(at: slice) -> Float[Tensor, "b heads part d"]:
        each = queries(at)
        return each @ summed / (each @ total + eps)

    mixed = read(parts[0]) if len(parts) == 1 else torch.cat([read(at) for at in parts], dim=2)
    return mixed.to(values.dtype)


def chunks(count: int) -> list[slice]:
    """Slices of CHUNK tokens; all in one where a graph is traced, whose engine knows better."""
    if torch.compiler.is_compiling():
        return [slice(None)]
    return [slice(first, first + CHUNK) for first in range(0, count, CHUNK)]
