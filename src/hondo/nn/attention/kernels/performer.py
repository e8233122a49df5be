"""Performer: softmax attention by positive random features, linear in the number of tokens.

FAVOR+ (Choromanski et al. 2021): exp(q k) is the mean over random w of exp(w q - |q|^2 / 2) exp(w k - |k|^2 / 2), so
that keys and values are summed once and every query reads the sum.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.types import Size
from hondo.nn.attention.kernels.linear import chunks, weighted_by_products
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
        largest = largest_exponent(k, self.projection)
        return self.proj(
            join_heads(
                weighted_by_products(
                    lambda at: positive_features(q[:, :, at], self.projection, over=(-1,)),
                    lambda at: positive_features(k[:, :, at], self.projection, over=(-2, -1), largest=largest),
                    v,
                )
            )
        )


def largest_exponent(
    k: Float[Tensor, "b heads n d"], projection: Float[Tensor, "m d"]
) -> Float[Tensor, "b heads 1 1"] | None:
    """The maximum of w x over all keys, where their features are made in several parts; else None."""
    parts = chunks(k.shape[2])
    if len(parts) == 1:
        return None
    found = [exponents(k[:, :, at], projection)[1].amax(dim=(-2, -1), keepdim=True) for at in parts]
    return torch.cat(found, dim=-1).amax(dim=-1, keepdim=True)


def exponents(
    x: Float[Tensor, "b heads n d"], projection: Float[Tensor, "m d"]
) -> tuple[Float[Tensor, "b heads n d"], Float[Tensor, "b heads n m"]]:
    """x scaled by d^-1/4, and w x; in float32: the exponentials of half precision overflow."""
    x = x.float() * x.shape[-1] ** -0.25
    return x, x @ projection.float().T


def positive_features(
    x: Float[Tensor, "b heads n d"],
    projection: Float[Tensor, "m d"],
    *,
    over: tuple[int, ...],
    largest: Float[Tensor, "b heads 1 1"] | None = None,
) -> Float[Tensor, "b heads n m"]:
    """m^-1/2 (exp(w x - |x|^2 / 2 - maximum) + 1e-4) with x scaled by d^-1/4.

    ``largest``: the maximum of w x; None: the one ``over`` these axes.
    """
    x, exponent = exponents(x, projection)
    largest = exponent.amax(dim=over, keepdim=True) if largest is None else largest
    exponent = exponent - (x.square().sum(-1, keepdim=True) / 2 + largest)
    return (exponent.exp() + EPS) * projection.shape[0] ** -0.5


def orthogonal_features(count: int, dim: int) -> Float[Tensor, "count dim"]:
    """Gaussian directions, orthogonal within each ``dim`` of them, of Gaussian lengths (section 3.2)."""
    blocks = [torch.linalg.qr(torch.randn(dim, dim)).Q for _ in range(-(-count // dim))]
    lengths = torch.randn(count, dim).norm(dim=1, keepdim=True)
    return torch.cat(blocks)[:count] * lengths
