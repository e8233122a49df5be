"""Pixels to rays to points and back, in torch. Pixel centres lie at +0.5: the first pixel is (0.5, 0.5)."""

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.core.types import Camera, Size

_MIN_Z = 1e-6  # metres; points nearer than this, or behind, are projected as if they were here


def pixel_grid(
    size_hw: Size, *, device: torch.device | str | None = None, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "2 h w"]:
    """The (x, y) of every pixel centre."""
    height, width = size_hw
    y = torch.arange(height, device=device, dtype=dtype) + 0.5
    x = torch.arange(width, device=device, dtype=dtype) + 0.5
    return torch.stack((x.expand(height, width), y[:, None].expand(height, width)))


def K_of(camera: Camera, *, device: torch.device | str | None = None) -> Float[Tensor, "3 3"]:
    """The intrinsic matrix of a camera, float32, pixels."""
    return torch.as_tensor(camera.K, dtype=torch.float32, device=device)


def inverse_K(K: Float[Tensor, "*b 3 3"]) -> Float[Tensor, "*b 3 3"]:
    """The inverse of intrinsic matrices without skew, in closed form."""
    fx, fy, cx, cy = K[..., 0, 0], K[..., 1, 1], K[..., 0, 2], K[..., 1, 2]
    zero, one = torch.zeros_like(fx), torch.ones_like(fx)
    rows = (1 / fx, zero, -cx / fx, zero, 1 / fy, -cy / fy, zero, zero, one)
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def project(
    points: Float[Tensor, "b 3 h w"], K: Float[Tensor, "b 3 3"]
) -> tuple[Float[Tensor, "b 2 h w"], Float[Tensor, "b 1 h w"]]:
    """Camera points [m] to pixels (x, y) and their z [m]. Pixels of points with z <= 0 mean nothing."""
    image = linear(K, points)
    z = points[:, 2:]
    return image[:, :2] / z.clamp(min=_MIN_Z), z


def unproject(depth: Float[Tensor, "b 1 h w"], K: Float[Tensor, "b 3 3"]) -> Float[Tensor, "b 3 h w"]:
    """Depth along z [m] at every pixel centre to points in camera coordinates (x right, y down, z ahead) [m]."""
    grid = pixel_grid((depth.shape[2], depth.shape[3]), device=depth.device, dtype=depth.dtype)
    return linear(inverse_K(K.to(depth.dtype)), grid) * depth


def linear(
    matrix: Float[Tensor, "b 3 3"], vectors: Float[Tensor, "b 3 h w"] | Float[Tensor, "2 h w"]
) -> Float[Tensor, "b 3 h w"]:
    """matrix @ vector at every pixel (of two coordinates: the third is 1), in full precision.

    Written out, since a matrix product on a GPU may be rounded to 10 bits (TF32) and under autocast to 8.
    """
    x, y = (vectors[..., axis, None, :, :] for axis in (0, 1))  # (b) 1 h w
    columns = matrix[..., None, None].unbind(2)  # three of b 3 1 1
    last = columns[2] if vectors.ndim == 3 else columns[2] * vectors[:, 2:]
    return columns[0] * x + columns[1] * y + last
