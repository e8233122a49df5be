"""Local planar guidance: each place of a coarse map is a plane, met by the rays of its pixels (Lee et al. 2019)."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.nn.blocks.convolution import DenseAtrous

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


STRIDES = (2, 4, 8, 16, 32)
_NORM_EPS = 1.1e-5


class PlanarGuidance(nn.Module):
    """Feature maps (finest first, strides 2 to 32) to depth in metres: ``max_depth`` x ``factor`` x sigmoid.

    ``width`` channels at the deepest; ``factor``: what a camera's focal length changes.
    """

    def __init__(
        self,
        *,
        channels: Sequence[int],
        strides: Sequence[int],
        max_depth: float,
        width: int = 512,
        factor: float = 1.0,
    ) -> None:
        super().__init__()
        _check(strides, max_depth=max_depth, width=width)
        self.max_depth, self.factor = max_depth, factor
        half, quarter, eighth, sixteenth = (width // n for n in (2, 4, 8, 16))
        c2, c4, c8, c16, c32 = channels
        self.up16, self.mix16 = up(c32, width), conv_elu(width + c16, width)
        self.up8, self.mix8 = up(width, half), conv_elu(half + c8, half)
        self.norm8 = nn.BatchNorm2d(half, eps=_NORM_EPS)
        self.atrous = DenseAtrous(inputs=half, context=half + c8, outputs=quarter)
        self.planes8 = narrowing(quarter, quarter, outputs=3)
        self.up4, self.mix4 = up(quarter, quarter), conv_elu(quarter + c4 + 1, quarter)
        self.planes4 = narrowing(quarter, eighth, outputs=3)
        self.up2, self.mix2 = up(quarter, eighth), conv_elu(eighth + c2 + 1, eighth)
        self.planes2 = narrowing(eighth, sixteenth, outputs=3)
        self.up1, self.mix1 = up(eighth, sixteenth, has_norm=False), conv_elu(sixteenth + 4, sixteenth)
        self.guess1 = narrowing(sixteenth, sixteenth // 2, outputs=1)
        self.head = nn.Conv2d(sixteenth, 1, 3, padding=1, bias=False)

    def forward(self, features: list[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b 1 h w"]]:
        f2, f4, f8, f16, f32 = features  # by stride
        x = self.mix16(torch.cat([self.up16(f32.relu()), f16], dim=1))
        context = torch.cat([self.up8(x), f8], dim=1)
        x = self.atrous(self.norm8(self.mix8(context)), context)
        depth8 = self._depth(self.planes8(x), step=8)
        x = self.mix4(torch.cat([self.up4(x), f4, depth8[..., ::4, ::4]], dim=1))
        depth4 = self._depth(self.planes4(x), step=4)
        x = self.mix2(torch.cat([self.up2(x), f2, depth4[..., ::2, ::2]], dim=1))
        depth2 = self._depth(self.planes2(x), step=2)
        x = self.up1(x)
        x = self.mix1(torch.cat([x, self.guess1(x).sigmoid(), depth2, depth4, depth8], dim=1))
        return [self.factor * self.max_depth * self.head(x).float().sigmoid()]

    def _depth(self, logits: Float[Tensor, "b 3 h w"], *, step: int) -> Float[Tensor, "b 1 H W"]:
        """Relative to the largest depth; computed in float32."""
        depth = depth_from_planes(planes_from_logits(logits, max_distance=self.max_depth), step=step)
        return (depth / self.max_depth).to(logits.dtype)


class Nearest(nn.Module):
    """Twice the size, each value repeated."""

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c H W"]:
        return F.interpolate(x, scale_factor=2, mode="nearest")


def up(inputs: int, outputs: int, *, has_norm: bool = True) -> nn.Sequential:
    """Twice the size, 3x3 convolution, ELU, normalised."""
    norm = nn.BatchNorm2d(outputs, eps=_NORM_EPS) if has_norm else nn.Identity()
    return nn.Sequential(Nearest(), conv_elu(inputs, outputs), norm)


def conv_elu(inputs: int, outputs: int, *, kernel: int = 3) -> nn.Sequential:
    """A 3x3 convolution without bias, then ELU."""
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.ELU(inplace=True))


def narrowing(inputs: int, first: int, *, outputs: int) -> nn.Sequential:
    """1x1 convolutions from ``inputs`` to ``first`` channels, then halved down to 8, then to ``outputs``."""
    widths = [inputs, first]
    while widths[-1] > 8:
        widths.append(widths[-1] // 2)
    steps = (conv_elu(a, b, kernel=1) for a, b in pairwise(widths))
    return nn.Sequential(*steps, nn.Conv2d(widths[-1], outputs, 1, bias=False))


def _check(strides: Sequence[int], *, max_depth: float, width: int) -> None:
    if tuple(strides) != STRIDES:
        raise HondoError(
            f"planar guidance needs an encoder with strides {STRIDES}, got {tuple(strides)}; "
            "choose e.g. timm:resnet50 or densenet161-transitions"
        )
    if width < 256 or width & (width - 1):
        raise HondoError(f"the width of planar guidance is a power of two of at least 256, got {width}")
    if max_depth <= 0:
        raise HondoError(f"the largest depth must be positive metres, got {max_depth:g}")
