"""hondo-nano-plain: our own small network, which hondo-nano and hondo-small correct.

Dense 3x3 convolutions (they run nearest to a CPU's peak), two transformer blocks at 1/32 of the size, so that every
pixel sees the whole image, and a decoder to 1/2 of the size: log inverse depth, resized, then its exponential.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import DepthKind, InputSpec, Size
from hondo.models.base.depth_model import DepthModel
from hondo.nn.blocks.convolution import conv_norm_relu
from hondo.nn.upsampling.upsample_conv import BilinearUpsample

LOG_RANGE = 9.0  # |log inverse depth| stays below: e^9 = 8103


def plain_nano(*, size_hw: Size = (192, 256)) -> DepthModel:
    """Inverse depth up to one factor; its trained weights are a part of hondo-nano's."""
    network = Nano(widths=(24, 32, 64, 128, 224), blocks=(1, 2, 3, 1), attention_blocks=2, num_heads=7)
    spec = InputSpec(size_hw=size_hw, multiple_of=32, mean=(0.45, 0.45, 0.45), std=(0.25, 0.25, 0.25))
    return DepthModel(network, name="hondo-nano-plain", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=spec)


class Nano(nn.Module):
    """Encoder of five ``widths`` (sizes 1/2 to 1/32) with ``blocks`` at 1/4 to 1/32, attention, decoder to 1/2."""

    def __init__(
        self, *, widths: tuple[int, ...], blocks: tuple[int, ...], attention_blocks: int, num_heads: int
    ) -> None:
        super().__init__()
        self.widths = widths
        self.stem = conv_norm_relu(3, widths[0], stride=2)
        self.stages = nn.ModuleList(
            nn.Sequential(conv_norm_relu(inputs, outputs, stride=2), *(Residual(outputs) for _ in range(count)))
            for inputs, outputs, count in zip(widths[:-1], widths[1:], blocks, strict=True)
        )
        self.attention = nn.Sequential(*(AttentionBlock(widths[-1], num_heads) for _ in range(attention_blocks)))
        self.ups = nn.ModuleList(Up(deep, skip) for deep, skip in zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.head = nn.Conv2d(widths[0], 1, 3, padding=1)
        self.enlarge = BilinearUpsample(2)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        return self.enlarge(self.log_inv_depth(self.refine(self.encode(image)))).exp()

    def encode(self, image: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        """Maps at 1/2 to 1/32 of the size, finest first; the last one has seen the whole image."""
        features = [self.stem(image)]
        for stage in self.stages:
            features.append(stage(features[-1]))
        return [*features[:-1], self.attention(features[-1])]

    def refine(self, features: list[Float[Tensor, "b _ _ _"]]) -> Float[Tensor, "b c _ _"]:
        """The decoder's map at 1/2 of the size."""
        *skips, x = features
        for up, skip in zip(self.ups, reversed(skips), strict=True):
            x = up(x, skip)
        return x

    def log_inv_depth(self, finest: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 1 h w"]:
        """Of the decoder's map."""
        return LOG_RANGE * torch.tanh(self.head(finest).float() / LOG_RANGE)


class Residual(nn.Module):
    """relu(x + conv(relu(conv(x)))), each convolution 3x3 with batch normalisation; starts as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv_norm_relu(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        return F.relu(x + self.norm(self.second(self.first(x))))


class Up(nn.Module):
    """Twice the size: the deep map's channels are brought to the skip's, both are added, one residual block follows."""

    def __init__(self, deep: int, skip: int) -> None:
        super().__init__()
        self.reduce = nn.Sequential(nn.Conv2d(deep, skip, 1, bias=False), nn.BatchNorm2d(skip))
        self.lateral = nn.Sequential(nn.Conv2d(skip, skip, 1, bias=False), nn.BatchNorm2d(skip))
        self.refine = Residual(skip) if skip > 24 else conv_norm_relu(skip, skip)

    def forward(self, x: Float[Tensor, "b c h w"], skip: Float[Tensor, "b d H W"]) -> Float[Tensor, "b e H W"]:
        up = F.interpolate(self.reduce(x), scale_factor=2.0, mode="nearest")
        return self.refine(F.relu(up + self.lateral(skip)))


class AttentionBlock(nn.Module):
    """Pre-norm transformer block over all positions; a depthwise convolution gives them their places."""

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.place = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.norm_attention, self.norm_mlp = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.qkv, self.project = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.mlp = nn.Sequential(nn.Linear(channels, 3 * channels), nn.GELU(), nn.Linear(3 * channels, channels))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        size_hw = x.shape[-2:]
        tokens = (x + self.place(x)).flatten(2).transpose(1, 2)  # (b n c)
        q, k, v = self.qkv(self.norm_attention(tokens)).unflatten(-1, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        tokens = tokens + self.project(mixed)
        tokens = tokens + self.mlp(self.norm_mlp(tokens))
        return tokens.transpose(1, 2).unflatten(-1, size_hw)
