"""Performer: softmax attention by positive random features, linear in the number of tokens.

FAVOR+ (Choromanski et al. 2021): exp(q k) is the mean over random w of exp(w q - |q|^2 / 2) exp(w k - |k|^2 / 2), so
that keys and values are summed once and every query reads the sum.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.types import Size
from hondo.nn.attention.kernels.linear import weighted_by_products
from hondo.nn.tokens import join_heads, split_heads

HEAD_DIM = 64
NUM_FEATURES = 266  # 64 log 64, as Choromanski et al. choose
EPS = 1e-4  # added to every feature, so that no query is left without weights


class PerformerAttention(nn.Module):
    """Heads of 64 channels whatever their number: the inner width is ``64 num_heads``, the output's is ``dim``."""

    def __init__(self, *, dim: int, num_heads: int, head_dim: int = HEAD_DIM, num_features: int = NUM_FEATURES) -> None:
        super().__init__()
        inner = num_heads * head_dim
        self.head_dim = head_dim
        self.to_q = nn.Linear(dim, inner, bias=False)
        self.to_k = nn.Linear(dim, inner, bias=False)
        self.to_v = nn.Linear(dim, inner, bias=False)
        self.proj = nn.Linear(inner, dim)
        self.projection: Tensor
        self.register_buffer("projection", orthogonal_features(num_features, head_dim))

    @torch.no_grad()
    def redraw(self) -> None:
        """Draws other features (section 3.3), between steps of training; the features of a trained model stay."""
        self.projection.copy_(orthogonal_features(*self.projection.shape))

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The attended tokens, of the same shape."""
        q, k, v = (
            split_heads(layer(tokens), head_dim=self.head_dim, parts=1)[0]
            for layer in (self.to_q, self.to_k, self.to_v)
        )
        queries = positive_features(q, self.projection, over=(-1,))
        keys = positive_features(k, self.projection, over=(-2, -1))
        return self.proj(join_heads(weighted_by_products(queries, keys, v.float()).to(v.dtype)))


def positive_features(
    x: Float[Tensor, "b heads n d"], projection: Float[Tensor, "m d"], *, over: tuple[int, ...]
) -> Float[Tensor, "b heads n m"]:
    """m^-1/2 (exp(w x - |x|^2 / 2 - maximum) + 1e-4) with x scaled by d^-1/4; the maximum of w x is taken ``over``.

    In float32: the exponents of half precision overflow.
    """
    x = x.float() * x.shape[-1] ** -0.25
    exponent = x @ projection.float().T
    largest = exponent.amax(dim=over, keepdim=True)
    exponent = exponent - (x.square().sum(-1, keepdim=True) / 2 + largest)
    return (exponent.exp() + EPS) * projection.shape[0] ** -0.5


def orthogonal_features(count: int, dim: int) -> Float[Tensor, "count dim"]:
    """Gaussian directions, orthogonal within each ``dim`` of them, of Gaussian lengths (section 3.2)."""
    blocks = [torch.linalg.qr(torch.randn(dim, dim)).Q for _ in range(-(-count // dim))]
    lengths = torch.randn(count, dim).norm(dim=1, keepdim=True)
    return torch.cat(blocks)[:count] * lengths
