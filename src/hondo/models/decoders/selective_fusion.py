"""The decoder of GLPN (Kim et al. 2022): selective fusion at 1/16, 1/8 and 1/4, bilinear steps between; metres."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.nn.selective_fusion import SelectiveFusion

STRIDES = (4, 8, 16, 32)


class SelectiveFusionDecoder(nn.Module):
    """Feature maps (finest first, strides 4 to 32) to depth in metres: ``max_depth`` x sigmoid.

    All maps are brought to ``width`` channels; a finest map that has as many stays as it is.
    """

    def __init__(self, *, channels: Sequence[int], strides: Sequence[int], max_depth: float, width: int = 64) -> None:
        super().__init__()
        if tuple(strides) != STRIDES:
            raise HondoError(
                f"selective fusion needs an encoder with strides {STRIDES}, got {tuple(strides)}; choose e.g. mit-b0"
            )
        if max_depth <= 0:
            raise HondoError(f"the largest depth must be positive metres, got {max_depth:g}")
        self.max_depth = max_depth
        self.reduce = nn.ModuleList(
            nn.Identity() if index == 0 and inputs == width else nn.Conv2d(inputs, width, 1)
            for index, inputs in enumerate(channels)
        )
        self.fuse = nn.ModuleList(SelectiveFusion(width) for _ in STRIDES[:-1])
        self.head = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(width, 1, 3, padding=1)
        )

    def forward(self, features: list[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b 1 h w"]]:
        maps = [reduce(feature) for reduce, feature in zip(self.reduce, features, strict=True)]
        x = _double(maps[-1])
        for fuse, local in zip(list(self.fuse)[::-1], maps[-2::-1], strict=True):
            x = _double(fuse(local, x))
        return [self.max_depth * self.head(_double(x)).float().sigmoid()]


def _double(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c H W"]:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
