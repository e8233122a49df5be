"""The table of textures with their mip levels, and how it is read."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from hondo.synthetic.rendering.patterns import FAMILIES, SIZE

LEVELS = 7  # mip levels: 128, 64, ... 2


@dataclass(frozen=True, kw_only=True)
class TextureAtlas:
    """All textures in one flat table of texels; level l of texture i starts at ``i * stride + offsets[l]``."""

    texels: UInt8[Tensor, "n 4"]  # RGB and coverage (0: a hole)
    families: dict[str, range]

    @property
    def stride(self) -> int:
        """Texels of one texture with all its mip levels."""
        return sum((SIZE >> level) ** 2 for level in range(LEVELS))

    def to(self, device: torch.device | str) -> "TextureAtlas":
        """The same atlas on another device."""
        return TextureAtlas(texels=self.texels.to(device), families=self.families)

    def sample(
        self, texture: Int[Tensor, " n"], uv: Float[Tensor, "2 n"], footprint: Float[Tensor, " n"]
    ) -> Float[Tensor, "3 n"]:
        """Bilinear RGB lookup, repeating; ``uv`` in texture widths, ``footprint`` a pixel's width in texture widths."""
        level = torch.log2(footprint * SIZE).round_().clamp_(0, LEVELS - 1).to(torch.int32)
        side = SIZE >> level
        # the levels before one of this side hold SIZE^2 + ... + (2 side)^2 = (SIZE^2 - side^2) 4 / 3 texels
        base = texture.to(torch.int32) * self.stride + (SIZE * SIZE - side * side) * 4 // 3
        position = uv * side - 0.5
        corner = position.floor()
        fx, fy = position - corner
        x, y = corner.to(torch.int32)
        mask = side - 1
        x0, x1 = x & mask, (x + 1) & mask
        y0, y1 = base + (y & mask) * side, base + ((y + 1) & mask) * side
        taps = self._texel(torch.stack((y0 + x0, y0 + x1, y1 + x0, y1 + x1)))
        channels = torch.stack([taps >> shift & 255 for shift in (0, 8, 16)]).to(torch.float32)  # (3 4 n)
        top = torch.lerp(channels[:, 0], channels[:, 1], fx)
        return torch.lerp(top, torch.lerp(channels[:, 2], channels[:, 3], fx), fy).mul_(1 / 255)

    def covers(self, texture: Int[Tensor, " n"], uv: Float[Tensor, "2 n"]) -> Bool[Tensor, " n"]:
        """Whether the texture is solid at ``uv`` (nearest texel of the finest level)."""
        x, y = (uv * SIZE).floor().to(torch.int32)
        return self._texel(texture.to(torch.int32) * self.stride + (y & (SIZE - 1)) * SIZE + (x & (SIZE - 1))) < 0

    def _texel(self, index: Int[Tensor, "*n"]) -> Int[Tensor, "*n"]:
        """Texels packed as coverage, blue, green, red from the highest byte: the sign bit is the coverage."""
        return self.texels.view(torch.int32).view(-1).index_select(0, index.flatten()).view(index.shape)


@lru_cache(maxsize=2)
def make_atlas(seed: int = 0, copies: int = 10) -> TextureAtlas:
    """``copies`` variants of every family, the same to the bit for the same seed."""
    levels: list[np.ndarray] = []
    families: dict[str, range] = {}
    count = 0
    for order, (name, paint) in enumerate(FAMILIES.items()):
        families[name] = range(count, count + copies)
        for copy in range(copies):
            image = paint(np.random.default_rng([seed, order, copy]))
            levels.extend(_mip_levels(image))
        count += copies
    return TextureAtlas(texels=torch.from_numpy(np.concatenate(levels)), families=families)


def _mip_levels(image: Float[np.ndarray, "h w c"]) -> list[UInt8[np.ndarray, "_ 4"]]:
    if image.shape[2] == 3:
        image = np.concatenate((image, np.ones_like(image[..., :1])), axis=2)
    levels = []
    for level in range(LEVELS):
        side = SIZE >> level
        small = cv2.resize(image.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
        levels.append((small.clip(0, 1) * 255 + 0.5).astype(np.uint8).reshape(-1, 4))
    return levels
