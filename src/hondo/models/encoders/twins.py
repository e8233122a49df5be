"""Twins (Chu et al. 2021): patches without overlap, positions from a convolution; PCPVT and SVT."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.types import Size
from hondo.models.encoders.encoder import IMAGENET_MEAN, IMAGENET_STD, Staged
from hondo.models.encoders.timm_features import fetched
from hondo.models.published.published import Rules, renamed
from hondo.nn.blocks.pyramid_block import PyramidBlock
from hondo.nn.tokens import map_from_tokens, tokens_from_map

STRIDES, REDUCTIONS = (4, 8, 16, 32), (8, 4, 2, 1)
WINDOW = 7  # of SVT (section 3.2)
# The authors' names, which are timm's; the last norm and the classifier are no part of the maps.
TWINS: Rules = (
    (r"patch_embeds\.(\d)\.(.+)", r"stages.\1.\2"),
    (r"blocks\.(\d)\.(.+)", r"stages.\1.blocks.\2"),
    (r"pos_block\.(\d)\.proj\.0\.(.+)", r"stages.\1.place.\2"),
)


class Twins(Staged):
    """Four stages of ``depths`` blocks. ``window``: every second block, from the first on, attends inside windows."""

    strides = STRIDES
    mean, std = IMAGENET_MEAN, IMAGENET_STD
    is_fixed = False

    def __init__(
        self,
        *,
        channels: Sequence[int],
        depths: Sequence[int],
        heads: Sequence[int],
        mlp_ratios: Sequence[int],
        window: int | None = None,
        in_channels: int = 3,
    ) -> None:
        inputs = (in_channels, *channels[:-1])
        super().__init__(
            Stage(
                inputs[i],
                channels[i],
                patch=2 if i else 4,
                blocks=[
                    PyramidBlock(
                        channels[i],
                        num_heads=heads[i],
                        mlp_ratio=mlp_ratios[i],
                        reduction=REDUCTIONS[i],
                        window=window if j % 2 == 0 else None,
                        is_mixing=False,
                    )
                    for j in range(depths[i])
                ],
            )
            for i in range(len(channels))
        )
        self.channels = tuple(channels)


class Stage(nn.Module):
    """Patches to tokens, through the blocks; after the first, a depthwise convolution tells the tokens their places."""

    def __init__(self, inputs: int, outputs: int, *, patch: int, blocks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.proj = nn.Conv2d(inputs, outputs, patch, stride=patch)
        self.norm = nn.LayerNorm(outputs)
        self.place = nn.Conv2d(outputs, outputs, 3, padding=1, groups=outputs)
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d _ _"]:
        x = self.proj(x)
        grid_hw = x.shape[-2], x.shape[-1]
        tokens = self.norm(tokens_from_map(x))
        for index, block in enumerate(self.blocks):
            tokens = block(tokens, grid_hw)
            if index == 0:
                tokens = tokens + tokens_from_map(self.place(map_from_tokens(tokens, grid_hw)))
        return map_from_tokens(tokens, grid_hw)


def twins_pcpvt_small(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> Twins:
    """Twins-PCPVT-small."""
    encoder = Twins(
        channels=(64, 128, 320, 512),
        depths=(3, 4, 6, 3),
        heads=(1, 2, 5, 8),
        mlp_ratios=(8, 8, 4, 4),
        in_channels=in_channels,
    )
    return _with_timms_weights(encoder, "twins_pcpvt_small", in_channels=in_channels) if pretrained else encoder


def twins_svt_small(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> Twins:
    """Twins-SVT-small, with attention inside windows in every second block."""
    encoder = Twins(
        channels=(64, 128, 256, 512),
        depths=(2, 2, 10, 4),
        heads=(2, 4, 8, 16),
        mlp_ratios=(4, 4, 4, 4),
        window=WINDOW,
        in_channels=in_channels,
    )
    return _with_timms_weights(encoder, "twins_svt_small", in_channels=in_channels) if pretrained else encoder


def _with_timms_weights(encoder: Twins, name: str, *, in_channels: int) -> Twins:
    state = fetched(name, pretrained=True, in_chans=in_channels).state_dict()
    encoder.load_state_dict(renamed(state, TWINS, ignore=(r"(norm|head)\..+",)))
    return encoder
