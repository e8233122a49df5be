"""The block of a vision transformer: attention (by name) and an MLP, each with pre-norm and a residual connection."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import Size
from hondo.nn.attention.registry import attention
from hondo.nn.attention.registry import attention as build_attention

NORM_EPS = 1e-6  # of vision transformers (Dosovitskiy et al. 2021)


class TransformerBlock(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)) (Dosovitskiy et al. 2021, equations 2 and 3).

    ``layer_scale`` multiplies both branches by a learnt vector that starts at this value (Touvron et al. 2021).
    """

    def __init__(
        self,
        *,
        dim: int,
        num_heads: int,
        head_dim: int | None = None,
        attention: str = "softmax",
        mlp_ratio: float = 4.0,
        layer_scale: float | None = None,
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=NORM_EPS)
        given = {} if head_dim is None else {"head_dim": head_dim}
        self.attn = build_attention(attention, dim=dim, num_heads=num_heads, **given)
        self.norm2 = nn.LayerNorm(dim, eps=NORM_EPS)
        self.mlp = Mlp(dim=dim, hidden=int(dim * mlp_ratio))
        self.ls1 = nn.Identity() if layer_scale is None else LayerScale(dim=dim, start=layer_scale)
        self.ls2 = nn.Identity() if layer_scale is None else LayerScale(dim=dim, start=layer_scale)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The tokens after this layer."""
        tokens = tokens + self.ls1(self.attn(self.norm1(tokens), grid_hw))
        return tokens + self.ls2(self.mlp(self.norm2(tokens)))


class Mlp(nn.Module):
    """linear(gelu(linear(x))) at every token."""

    def __init__(self, *, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, tokens: Float[Tensor, "b n c"]) -> Float[Tensor, "b n c"]:
        """The tokens after this layer."""
        return self.fc2(F.gelu(self.fc1(tokens)))


class LayerScale(nn.Module):
    """One learnt factor a channel."""

    def __init__(self, *, dim: int, start: float) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((dim,), start))

    def forward(self, tokens: Float[Tensor, "b n c"]) -> Float[Tensor, "b n c"]:
        """The tokens after this layer."""
        return tokens * self.gamma


class PostNormBlock(nn.Module):
    """norm(x + attention(x)), then norm(x + linear(relu(linear(x)))), with dropout in both branches."""

    def __init__(self, *, dim: int, num_heads: int, hidden: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = dropout
        self.attention = attention("softmax", dim=dim, num_heads=num_heads)
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.linear1, self.linear2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The tokens after this layer."""
        tokens = self.norm1(tokens + self._dropped(self.attention(tokens, grid_hw)))
        hidden = self._dropped(F.relu(self.linear1(tokens)))
        return self.norm2(tokens + self._dropped(self.linear2(hidden)))

    def _dropped(self, x: Float[Tensor, "b n _"]) -> Float[Tensor, "b n _"]:
        return F.dropout(x, self.dropout, training=self.training)
