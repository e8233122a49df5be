"""Softmax attention: softmax(q k' / sqrt(d)) v over all tokens (Vaswani et al. 2017, equation 1), fused."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size


class SoftmaxAttention(nn.Module):
    """Multi-head attention; ``head_dim`` defaults to ``dim / num_heads``. The grid's size does not matter to it."""

    def __init__(self, *, dim: int, num_heads: int, head_dim: int | None = None, qkv_bias: bool = True) -> None:
        super().__init__()
        if head_dim is None and dim % num_heads:
            raise HondoError(f"{num_heads} heads do not divide {dim} channels; choose a divisor, or give head_dim")
        self.num_heads = num_heads
        self.head_dim = head_dim or dim // num_heads
        inner = self.num_heads * self.head_dim
        self.qkv = nn.Linear(dim, 3 * inner, bias=qkv_bias)
        self.proj = nn.Linear(inner, dim)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        q, k, v = self.qkv(tokens).unflatten(-1, (3, self.num_heads, self.head_dim)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)  # (b heads n d)
        return self.proj(mixed.transpose(1, 2).flatten(2))
