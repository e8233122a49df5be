"""Cross-covariance attention: channels attend to channels, at a cost linear in tokens (El-Nouby et al. 2021, XCiT)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size


class CrossCovarianceAttention(nn.Module):
    """softmax(t q k') v over the channels of each head, q and k of length 1 over the tokens (their equation 4).

    ``temperature`` t is learnt, one a head. Tokens mix only through the covariance, so the grid's size does not matter.
    """

    def __init__(self, *, dim: int, num_heads: int, qkv_bias: bool = True) -> None:
        super().__init__()
        if dim % num_heads:
            raise HondoError(f"{num_heads} heads do not divide {dim} channels; choose a divisor")
        self.num_heads = num_heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)
        self.temperature = nn.Parameter(torch.ones(num_heads, 1, 1))

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The attended tokens, of the same shape."""
        q, k, v = self.qkv(tokens).unflatten(-1, (3, self.num_heads, -1)).permute(2, 0, 3, 4, 1)  # (b heads d n) each
        q, k = F.normalize(q.float(), dim=-1) * self.temperature, F.normalize(k.float(), dim=-1)
        mixed = F.scaled_dot_product_attention(q.to(v.dtype), k.to(v.dtype), v, scale=1.0)  # (b heads d n)
        return self.proj(mixed.flatten(1, 2).transpose(1, 2))
