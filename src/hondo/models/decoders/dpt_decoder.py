"""DPT's decoder (Ranftl et al. 2021, section 3): maps brought to a pyramid, fused from the coarsest to the finest."""

from collections.abc import Callable, Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import Size

HEAD_CHANNELS = 32  # before the last convolution
Conv = Callable[..., nn.Module]  # (inputs, outputs, bias=True) -> a convolution that keeps the size


class DPTDecoder(nn.Module):
    """Four maps to one of depth at the image's size.

    ``widths``: channels of each map after its projection; None: the map is taken as it is. Maps of equal strides (a
    plain ViT's) are resized to 1/4, 1/2, 1 and 2 times that stride. ``output`` turns the last convolution's numbers
    into the model's unit.
    """

    def __init__(
        self,
        *,
        channels: Sequence[int],
        strides: Sequence[int],
        widths: Sequence[int | None],
        features: int = 256,
        separable: bool = False,
        output: Callable[[Float[Tensor, "b 1 h w"]], Float[Tensor, "b 1 h w"]],
    ) -> None:
        super().__init__()
        self.stride, self.output = strides[0], output
        self.reassemble = nn.ModuleList(
            nn.Identity() if width is None else Reassemble(inputs, width, scale=scale)
            for inputs, width, scale in zip(channels, widths, scales(strides), strict=True)
        )
        adapted = [width or inputs for inputs, width in zip(channels, widths, strict=True)]
        conv: Conv = separable_conv if separable else full_conv
        self.adapt = nn.ModuleList(conv(inputs, features, bias=False) for inputs in adapted)
        deepest = len(adapted) - 1
        self.fuse = nn.ModuleList(
            Fusion(features, has_coarser=level < deepest, conv=conv) for level in range(len(adapted))
        )
        self.halve = conv(features, features // 2)
        self.refine = conv(features // 2, HEAD_CHANNELS)
        self.last = nn.Conv2d(HEAD_CHANNELS, 1, 1)

    def forward(self, maps: Sequence[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b 1 h w"]]:
        size_hw = maps[0].shape[-2] * self.stride, maps[0].shape[-1] * self.stride
        pyramid = [adapt(bring(x)) for adapt, bring, x in zip(self.adapt, self.reassemble, maps, strict=True)]
        sizes = [(2 * pyramid[0].shape[-2], 2 * pyramid[0].shape[-1]), *(x.shape[-2:] for x in pyramid[:-1])]
        x = None
        for fuse, finer, size in zip(reversed(self.fuse), reversed(pyramid), reversed(sizes), strict=True):
            x = fuse(finer, x, size)
        x = resized(self.halve(x), size_hw)
        x = self.last(F.relu(self.refine(x), inplace=True))
        return [self.output(x.float())]


def full_conv(inputs: int, outputs: int, *, bias: bool = True) -> nn.Module:
    """3x3."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias)


def separable_conv(inputs: int, outputs: int, *, bias: bool = True) -> nn.Module:
    """3x3 within each channel, then 1x1: about a ninth of the multiplications (Howard et al. 2017, section 3.1)."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False), nn.Conv2d(inputs, outputs, 1, bias=bias)
    )


def scales(strides: Sequence[int]) -> list[float]:
    """What each map's sides are multiplied by to make a pyramid of halves; equal strides spread around the third."""
    finest = strides[0] if strides[0] < strides[-1] else strides[0] / 4
    return [stride / (finest * 2**level) for level, stride in enumerate(strides)]


class Reassemble(nn.Module):
    """Projects a map of tokens to ``outputs`` channels and multiplies its sides by ``scale``: 4, 2, 1 or 1/2."""

    def __init__(self, inputs: int, outputs: int, *, scale: float) -> None:
        super().__init__()
        self.project = nn.Conv2d(inputs, outputs, 1)
        self.resize: nn.Module = nn.Identity()
        if scale > 1:
            self.resize = nn.ConvTranspose2d(outputs, outputs, int(scale), stride=int(scale))
        elif scale < 1:
            self.resize = nn.Conv2d(outputs, outputs, 3, stride=2, padding=1)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d _ _"]:
        return self.resize(self.project(x))


class Fusion(nn.Module):
    """Adds a level's map to what came from the coarser ones, and goes on to the next finer size."""

    def __init__(self, channels: int, *, has_coarser: bool, conv: Conv = full_conv) -> None:
        super().__init__()
        self.before = ResidualUnit(channels, conv=conv) if has_coarser else nn.Identity()
        self.after = ResidualUnit(channels, conv=conv)
        self.project = nn.Conv2d(channels, channels, 1)

    def forward(
        self, finer: Float[Tensor, "b c h w"], coarser: Float[Tensor, "b c h w"] | None, size_hw: Size
    ) -> Float[Tensor, "b d _ _"]:
        x = finer if coarser is None else coarser + self.before(finer)
        # The authors project after resizing; bilinear weights sum to one, so before it costs a quarter.
        return resized(self.project(self.after(x)), size_hw)


class ResidualUnit(nn.Module):
    """x + conv(relu(conv(relu(x))))."""

    def __init__(self, channels: int, *, conv: Conv = full_conv) -> None:
        super().__init__()
        self.conv1, self.conv2 = conv(channels, channels), conv(channels, channels)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        return x + self.conv2(F.relu(self.conv1(F.relu(x)), inplace=True))


def resized(x: Float[Tensor, "b c _ _"], size_hw: Size) -> Float[Tensor, "b c _ _"]:
    """Bilinear, aligned at the corners as published."""
    return F.interpolate(x, size_hw, mode="bilinear", align_corners=True)
