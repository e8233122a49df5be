"""The block of the first transformers: normalised after each shortcut (Vaswani et al. 2017, section 3)."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import Size
from hondo.nn.attention.table import attention


class PostNormBlock(nn.Module):
    """norm(x + attention(x)), then norm(x + linear(relu(linear(x)))), with dropout in both branches."""

    def __init__(self, *, dim: int, num_heads: int, hidden: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = dropout
        self.attention = attention("softmax", dim=dim, num_heads=num_heads)
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.linear1, self.linear2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        tokens = self.norm1(tokens + self._dropped(self.attention(tokens, grid_hw)))
        hidden = self._dropped(F.relu(self.linear1(tokens)))
        return self.norm2(tokens + self._dropped(self.linear2(hidden)))

    def _dropped(self, x: Float[Tensor, "b n _"]) -> Float[Tensor, "b n _"]:
        return F.dropout(x, self.dropout, training=self.training)
