"""hondo-small: a plain network, corrected by two heads that also see the features of an encoder trained on ImageNet.

The layout head corrects the coarse layout at 1/16 of the size, the detail head the edges at full size. Both start at
zero: training starts from exactly the depth of hondo-nano-plain.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import DepthKind, InputSpec, Size
from hondo.models.base.depth_model import DepthModel
from hondo.models.encoders.encoder import Encoder
from hondo.models.families.compact.efficientnet_lite import EfficientNetLite
from hondo.models.families.compact.plain_nano import LOG_RANGE, Nano, plain_nano
from hondo.nn.upsampling.upsample_conv import BilinearUpsample

LAYOUT_STRIDE = 16
REACH = 3  # pixels at 1/2 of the size within which the detail head moves depth
LOCAL = 16  # pixels: what is wider is the layout head's


def hondo_small(*, size_hw: Size = (192, 256), width: int = 256) -> DepthModel:
    """Inverse depth up to one factor; ``width`` of the layout head."""
    nano = plain_nano(size_hw=size_hw)
    assert isinstance(nano.network, Nano)
    network = CorrectedNano(nano.network, EfficientNetLite(), spec=nano.input_spec, width=width)
    return DepthModel(network, name="hondo-small", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=nano.input_spec)


class CorrectedNano(nn.Module):
    """log inverse depth of ``nano`` + layout(features of ``encoder``) + detail(features of both)."""

    def __init__(self, nano: Nano, encoder: Encoder, *, spec: InputSpec, width: int) -> None:
        super().__init__()
        self.nano, self.encoder = nano, encoder
        self.layout = Layout(encoder.channels[2:], width=width)
        self.detail = Detail(nano.widths[0] + encoder.channels[0] + 12 + 1)
        self.enlarge_layout = BilinearUpsample(LAYOUT_STRIDE // 2)
        self.enlarge = BilinearUpsample(2)
        assert all(len(set(each)) == 1 for each in (spec.mean, spec.std, encoder.mean, encoder.std)), "grey"
        self.scale = spec.std[0] / encoder.std[0]
        self.shift = (spec.mean[0] - encoder.mean[0]) / encoder.std[0]

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        image = image.contiguous(memory_format=torch.channels_last)
        features = self.second_features(image)
        finest = self.nano.refine(self.nano.encode(image))
        log = self.nano.log_inv_depth(finest) + self.enlarge_layout(self.layout(features[2:]).float())  # at 1/2
        seen = torch.cat([finest, features[0], F.pixel_unshuffle(image, 2), log.to(image.dtype)], dim=1)
        corrected = self.enlarge(log) + self.detail(seen).float()
        return within_reach(corrected, log, enlarge=self.enlarge).clamp(-LOG_RANGE, LOG_RANGE).exp()

    def second_features(self, image: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        """The maps of ``encoder``, which has a normalisation of its own."""
        return self.encoder(image * self.scale + self.shift)


def within_reach(
    values: Float[Tensor, "b 1 H W"], coarse: Float[Tensor, "b 1 h w"], *, enlarge: nn.Module
) -> Float[Tensor, "b 1 H W"]:
    """``values`` held between the extremes of ``coarse`` around each pixel: an edge may sharpen, but not overshoot."""
    window = 2 * REACH + 1
    highest = enlarge(F.max_pool2d(coarse, window, stride=1, padding=REACH))
    lowest = -enlarge(F.max_pool2d(-coarse, window, stride=1, padding=REACH))
    return torch.minimum(torch.maximum(values, lowest), highest)


class Layout(nn.Module):
    """Maps at 1/8, 1/16 and 1/32 of the size to one correction of log inverse depth at 1/16."""

    def __init__(self, channels: Sequence[int], *, width: int) -> None:
        super().__init__()
        self.channels, self.width = tuple(channels), width
        total = sum(channels)
        self.norm = nn.BatchNorm2d(total, affine=False)
        self.drop = nn.Dropout2d(0.2)
        self.reduce = nn.Conv2d(total, width, 1)
        self.around = nn.Conv2d(width, width, 5, padding=2, groups=width)
        self.mix = nn.Conv2d(width, width, 1)
        self.out = nn.Conv2d(width, 1, 1, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, features: Sequence[Float[Tensor, "b _ _ _"]]) -> Float[Tensor, "b 1 _ _"]:
        return self.corrected(self.gathered(features))

    def gathered(self, features: Sequence[Float[Tensor, "b _ _ _"]]) -> Float[Tensor, "b c _ _"]:
        """The three maps at the size of the second."""
        fine, middle, coarse = features
        coarse = F.interpolate(coarse, scale_factor=2.0, mode="bilinear", align_corners=False)
        return torch.cat([F.avg_pool2d(fine, 2), middle, coarse], dim=1)

    def corrected(self, gathered: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 1 h w"]:
        """The correction."""
        x = F.relu(self.reduce(self.drop(self.norm(gathered))))
        x = x + F.relu(self.mix(self.around(x)))
        return self.out(self.drop(x))


class Detail(nn.Sequential):
    """Maps at 1/2 of the size to a correction at full size that leaves means over LOCAL x LOCAL pixels as they are."""

    def __init__(self, channels: int, *, width: int = 32) -> None:
        last = nn.Conv2d(width, 4, 3, padding=1, bias=False)
        nn.init.zeros_(last.weight)
        super().__init__(
            nn.BatchNorm2d(channels, affine=False),
            nn.Conv2d(channels, width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(inplace=True),
            last,
            nn.PixelShuffle(2),
        )

    def forward(self, maps: Float[Tensor, "b c _ _"]) -> Float[Tensor, "b 1 h w"]:
        """The correction."""
        correction = super().forward(maps)
        means = F.avg_pool2d(correction, LOCAL)
        return correction - F.interpolate(means, scale_factor=float(LOCAL), mode="bilinear", align_corners=False)
