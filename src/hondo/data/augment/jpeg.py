"""What JPEG does to an image (Annex K of ITU T.81), as tensor arithmetic: any device, a quality for each image."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

# Quantisation of luminance and chrominance at quality 50, tables K.1 and K.2.
_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA_START = ((17, 18, 24, 47), (18, 21, 26, 66), (24, 26, 56, 99), (47, 66, 99, 99))  # the rest is 99
# RGB to Y Cb Cr, BT.601 full range (JFIF), chroma around 0.
_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


def compress_jpeg(images: Float[Tensor, "n 3 h w"], quality: Float[Tensor, " n"]) -> Float[Tensor, "n 3 h w"]:
    """RGB 0..1 through 8x8 cosines, quantisation at ``quality`` (1..100, as in libjpeg) and back; 4:2:0 colour."""
    height, width = images.shape[-2:]
    padded = F.pad(images, (0, -width % 16, 0, -height % 16), mode="replicate")
    ycc = torch.einsum("ij,njhw->nihw", _matrix(images, _YCC), padded * 255)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
    luma = _quantised(ycc[:, :1] - 128, _table(_LUMA, scale)) + 128
    chroma = _quantised(F.avg_pool2d(ycc[:, 1:], 2), _table(_chroma(), scale))
    chroma = F.interpolate(chroma, scale_factor=2.0, mode="bilinear", align_corners=False)
    back = torch.linalg.inv(_matrix(images, _YCC))
    rgb = torch.einsum("ij,njhw->nihw", back, torch.cat([luma, chroma], dim=1))
    return (rgb[..., :height, :width] / 255).clamp(0, 1)


def _quantised(plane: Float[Tensor, "n c h w"], table: Float[Tensor, "n 8 8"]) -> Float[Tensor, "n c h w"]:
    blocks = plane.unflatten(3, (-1, 8)).unflatten(2, (-1, 8)).transpose(3, 4)  # n c by bx 8 8
    cosines = _cosines().to(plane)
    step = table[:, None, None, None]
    levels = torch.round((cosines @ blocks @ cosines.T) / step) * step
    restored = cosines.T @ levels @ cosines
    return restored.transpose(3, 4).flatten(4, 5).flatten(2, 3)


def _cosines() -> Float[Tensor, "8 8"]:
    """The orthonormal DCT-II of eight values."""
    k, x = torch.arange(8.0)[:, None], torch.arange(8.0)[None]
    matrix = torch.cos(math.pi * (2 * x + 1) * k / 16) / 2
    return torch.cat([matrix[:1] / math.sqrt(2), matrix[1:]])


def _table(base: tuple[tuple[int, ...], ...], scale: Float[Tensor, " n"]) -> Float[Tensor, "n 8 8"]:
    return (_matrix(scale, base) * scale[:, None, None]).round().clamp(1, 255)


def _chroma() -> tuple[tuple[int, ...], ...]:
    return tuple((*row, 99, 99, 99, 99) for row in _CHROMA_START) + ((99,) * 8,) * 4


def _matrix(like: Float[Tensor, "..."], rows: tuple[tuple[float, ...], ...]) -> Float[Tensor, "_ _"]:
    return torch.tensor(rows, dtype=like.dtype, device=like.device)
