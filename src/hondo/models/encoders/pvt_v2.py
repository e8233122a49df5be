"""PVTv2 (Wang et al. 2022): overlapping patches, no positions, MLPs that mix neighbours; also SegFormer's MiT."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.models.encoders.encoder import IMAGENET_MEAN, IMAGENET_STD, Staged
from hondo.models.encoders.timm_features import fetched
from hondo.models.published.published import Rules, renamed
from hondo.nn.blocks.pyramid_block import NORM_EPS, PyramidBlock
from hondo.nn.tokens import map_from_tokens, tokens_from_map

HEADS, MLP_RATIOS, REDUCTIONS = (1, 2, 5, 8), (8, 8, 4, 4), (8, 4, 2, 1)  # by stage (table 1)
SMALL, LARGE = (32, 64, 160, 256), (64, 128, 320, 512)  # channels
TIMM: Rules = (
    (r"patch_embed\.(.+)", r"stages.0.\1"),
    (r"(stages\.\d)\.downsample\.(.+)", r"\1.\2"),
    (r"(stages\.\d)\.norm\.(.+)", r"\1.last_norm.\2"),
)


class PVTv2(Staged):
    """Four stages of ``depths`` blocks at strides 4 to 32."""

    strides = (4, 8, 16, 32)
    mean, std = IMAGENET_MEAN, IMAGENET_STD
    is_fixed = False

    def __init__(
        self,
        *,
        channels: Sequence[int],
        depths: Sequence[int],
        mlp_ratios: Sequence[int] = MLP_RATIOS,
        in_channels: int = 3,
    ) -> None:
        inputs = (in_channels, *channels[:-1])
        super().__init__(
            Stage(
                inputs[i],
                channels[i],
                kernel=3 if i else 7,
                stride=2 if i else 4,
                depth=depths[i],
                num_heads=HEADS[i],
                mlp_ratio=mlp_ratios[i],
                reduction=REDUCTIONS[i],
            )
            for i in range(len(channels))
        )
        self.channels = tuple(channels)


class Stage(nn.Module):
    """Patches to tokens, through the blocks, normalised, and back to a map."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        kernel: int,
        stride: int,
        depth: int,
        num_heads: int,
        mlp_ratio: int,
        reduction: int,
    ) -> None:
        super().__init__()
        self.proj = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2)
        self.norm = nn.LayerNorm(outputs)
        self.blocks = nn.ModuleList(
            PyramidBlock(outputs, num_heads=num_heads, mlp_ratio=mlp_ratio, reduction=reduction) for _ in range(depth)
        )
        self.last_norm = nn.LayerNorm(outputs, eps=NORM_EPS)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d _ _"]:
        x = self.proj(x)
        grid_hw = x.shape[-2], x.shape[-1]
        tokens = self.norm(tokens_from_map(x))
        for block in self.blocks:
            tokens = block(tokens, grid_hw)
        return map_from_tokens(self.last_norm(tokens), grid_hw)


def pvt_v2_b0(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> PVTv2:
    """PVTv2-B0."""
    encoder = PVTv2(channels=SMALL, depths=(2, 2, 2, 2), in_channels=in_channels)
    return _with_timms_weights(encoder, "pvt_v2_b0", in_channels=in_channels) if pretrained else encoder


def pvt_v2_b1(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> PVTv2:
    """PVTv2-B1."""
    encoder = PVTv2(channels=LARGE, depths=(2, 2, 2, 2), in_channels=in_channels)
    return _with_timms_weights(encoder, "pvt_v2_b1", in_channels=in_channels) if pretrained else encoder


def pvt_v2_b2(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> PVTv2:
    """PVTv2-B2."""
    encoder = PVTv2(channels=LARGE, depths=(3, 4, 6, 3), in_channels=in_channels)
    return _with_timms_weights(encoder, "pvt_v2_b2", in_channels=in_channels) if pretrained else encoder


def mit_b0(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> PVTv2:
    """SegFormer's MiT-B0."""
    return _mit("mit-b0", SMALL, (2, 2, 2, 2), in_channels=in_channels, pretrained=pretrained)


def mit_b4(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> PVTv2:
    """SegFormer's MiT-B4."""
    return _mit("mit-b4", LARGE, (3, 8, 27, 3), in_channels=in_channels, pretrained=pretrained)


def _mit(name: str, channels: Sequence[int], depths: Sequence[int], *, in_channels: int, pretrained: bool) -> PVTv2:
    """SegFormer's (Xie et al. 2021): MLPs of ratio 4 at every stage."""
    if pretrained:
        raise HondoError(f"encoder '{name}' has no pretrained weights; build it with pretrained=False")
    return PVTv2(channels=channels, depths=depths, mlp_ratios=(4, 4, 4, 4), in_channels=in_channels)


def _with_timms_weights(encoder: PVTv2, name: str, *, in_channels: int) -> PVTv2:
    """timm's ImageNet weights of the same network; fitted to the number of input channels by timm."""
    state = fetched(name, pretrained=True, in_chans=in_channels).state_dict()
    encoder.load_state_dict(renamed(state, TIMM, ignore=(r"head\..+",)))
    return encoder
