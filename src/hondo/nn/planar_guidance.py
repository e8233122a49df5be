"""Local planar guidance: each place of a coarse map is a plane, met by the rays of its pixels (Lee et al. 2019)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

MAX_TILT = math.pi / 3  # of a plane's normal against the viewing direction [rad]


def planes_from_logits(logits: Float[Tensor, "b 3 h w"], *, max_distance: float) -> Float[Tensor, "b 4 h w"]:
    """Unit normal (x, y, z) and distance, from the sigmoids of tilt, direction of tilt and distance."""
    tilt, turn, distance = logits.float().sigmoid().unbind(1)
    tilt, turn = MAX_TILT * tilt, 2 * math.pi * turn
    x, y = tilt.sin() * turn.cos(), tilt.sin() * turn.sin()
    return torch.stack([x, y, tilt.cos(), max_distance * distance], dim=1)


def depth_from_planes(planes: Float[Tensor, "b 4 h w"], *, step: int) -> Float[Tensor, "b 1 H W"]:
    """Depth at ``step`` times the size: n4 / (n1 u + n2 v + n3), (u, v) the pixel in its patch of side 1 (eq. 2)."""
    offset = (torch.arange(step, device=planes.device, dtype=planes.dtype) - (step - 1) / 2) / step
    x, y, z, distance = planes[:, :, :, None, :, None].unbind(1)  # (b h 1 w 1)
    depth = distance / (x * offset + y * offset[:, None, None] + z)  # (b h step w step)
    return depth.flatten(3, 4).flatten(1, 2)[:, None]
