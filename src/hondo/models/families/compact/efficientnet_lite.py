"""EfficientNet-Lite0 as an encoder, without timm, whose import would take longer than all else that hondo-nano loads.

Inverted residual blocks (Sandler et al. 2018) in the stages of EfficientNet-B0 (Tan and Le 2019, table 1), the "lite"
form: no squeeze-and-excitation, ReLU6. The names of weights are those of timm's ``tf_efficientnet_lite0``.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.nn.blocks.standardised_conv import SameConv

STEM = 32
# Of each stage: blocks, kernel, stride of the first block, channels, and by how much a block widens them inside.
STAGES = (
    (1, 3, 1, 16, 1),
    (2, 3, 2, 24, 6),
    (2, 5, 2, 40, 6),
    (3, 3, 2, 80, 6),
    (3, 5, 1, 112, 6),
    (4, 5, 2, 192, 6),
    (1, 3, 1, 320, 6),
)
KEPT = (0, 1, 2, 4, 6)  # the last stage of each size


class EfficientNetLite(nn.Module):
    """Maps at 1/2 to 1/32 of the size."""

    channels = tuple(STAGES[stage][3] for stage in KEPT)
    strides: tuple[int, ...] = (2, 4, 8, 16, 32)
    mean = std = (0.5, 0.5, 0.5)
    is_fixed = False

    def __init__(self) -> None:
        super().__init__()
        self.network = Stages()

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        return self.network(image)


class Stages(nn.Module):
    """The stem and all stages."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem, self.bn1 = SameConv(3, STEM, 3, 2), _norm(STEM)
        self.blocks, width = nn.ModuleList(), STEM
        for count, kernel, stride, channels, widening in STAGES:
            shapes = [(width, stride), *[(channels, 1)] * (count - 1)]
            self.blocks.append(
                nn.Sequential(*(_block(inputs, channels, kernel, step, widening) for inputs, step in shapes))
            )
            width = channels

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        x, features = F.relu6(self.bn1(self.conv_stem(image))), []
        for stage in self.blocks:
            x = stage(x)
            features.append(x)
        return [features[stage] for stage in KEPT]


class Separable(nn.Module):
    """Depthwise convolution and pointwise one."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv_dw, self.bn1 = SameConv(inputs, inputs, kernel, stride, groups=inputs), _norm(inputs)
        self.conv_pw, self.bn2 = nn.Conv2d(inputs, outputs, 1, bias=False), _norm(outputs)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d _ _"]:
        return self.bn2(self.conv_pw(F.relu6(self.bn1(self.conv_dw(x)))))


class Inverted(nn.Module):
    """Pointwise to more channels, depthwise, pointwise to few; the input is added where its shape stays."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, widening: int) -> None:
        super().__init__()
        inside = widening * inputs
        self.conv_pw, self.bn1 = nn.Conv2d(inputs, inside, 1, bias=False), _norm(inside)
        self.conv_dw, self.bn2 = SameConv(inside, inside, kernel, stride, groups=inside), _norm(inside)
        self.conv_pwl, self.bn3 = nn.Conv2d(inside, outputs, 1, bias=False), _norm(outputs)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d _ _"]:
        wide = F.relu6(self.bn1(self.conv_pw(x)))
        narrow = self.bn3(self.conv_pwl(F.relu6(self.bn2(self.conv_dw(wide)))))
        return x + narrow if self.adds else narrow


def _block(inputs: int, outputs: int, kernel: int, stride: int, widening: int) -> nn.Module:
    if widening == 1:
        return Separable(inputs, outputs, kernel, stride)
    return Inverted(inputs, outputs, kernel, stride, widening)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)
