"""The transformer block of the pyramid vision transformers (PVT, PVTv2, MiT, Twins), and its MLPs."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import Size
from hondo.nn.attention.fixed_patterns.window import WindowAttention
from hondo.nn.attention.low_rank.spatial_reduction import SpatialReductionAttention
from hondo.nn.tokens import map_from_tokens, tokens_from_map

NORM_EPS = 1e-6


class PyramidBlock(nn.Module):
    """x + attention(norm x), then x + mlp(norm x).

    ``window``: attention inside windows that wide (Twins), else over a grid shrunk by ``reduction``.
    ``is_mixing``: the MLP sees each token's neighbours (PVTv2).
    """

    def __init__(
        self,
        dim: int,
        *,
        num_heads: int,
        mlp_ratio: int,
        reduction: int = 1,
        window: int | None = None,
        qkv_bias: bool = True,
        is_mixing: bool = True,
    ) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=NORM_EPS), nn.LayerNorm(dim, eps=NORM_EPS)
        self.attn = (
            WindowAttention(dim=dim, num_heads=num_heads, window=window)
            if window
            else SpatialReductionAttention(dim=dim, num_heads=num_heads, reduction=reduction, qkv_bias=qkv_bias)
        )
        self.mlp = MixMLP(dim, mlp_ratio * dim) if is_mixing else MLP(dim, mlp_ratio * dim)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The tokens after this layer."""
        tokens = tokens + self.attn(self.norm1(tokens), grid_hw)
        return tokens + self.mlp(self.norm2(tokens), grid_hw)


class MLP(nn.Module):
    """Linear, GELU, linear, each token by itself."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The tokens after this layer."""
        return self.fc2(F.gelu(self.fc1(tokens)))


class MixMLP(nn.Module):
    """The MLP with a depthwise 3x3 convolution over the grid before the GELU (Wang et al. 2022, PVTv2, section 3.3).

    Its zero padding encodes positions, so that no position embedding is needed.
    """

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
        self.dwconv = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The tokens after this layer."""
        mixed = F.gelu(self.dwconv(map_from_tokens(self.fc1(tokens), grid_hw)))
        return self.fc2(tokens_from_map(mixed))
