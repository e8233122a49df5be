"""Linear attention: elu(x) + 1 in place of the exponential, so that it costs as the tokens do, not as their square.

Katharopoulos et al. 2020, equations 4 to 7: keys and values are summed once, and every query reads the sum.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import Size
from hondo.nn.tokens import head_dim_of, join_heads, split_heads


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
        mixed = weighted_by_products(F.elu(q.float()) + 1, F.elu(k.float()) + 1, v.float())
        return self.proj(join_heads(mixed.to(v.dtype)))


def weighted_by_products(
    queries: Float[Tensor, "b heads n m"],
    keys: Float[Tensor, "b heads k m"],
    values: Float[Tensor, "b heads k d"],
    *,
    eps: float = 0.0,
) -> Float[Tensor, "b heads n d"]:
    """sum_j (q_i k_j) v_j / (sum_j (q_i k_j) + eps), without the n x n matrix; in float32.

    Queries and keys are positive, or with an ``eps`` at least 0: a query of zeros then gives zeros.
    """
    summed = keys.transpose(-2, -1) @ values  # (b heads m d)
    total = queries @ keys.sum(dim=-2).unsqueeze(-1)  # (b heads n 1)
    return queries @ summed / (total + eps)
