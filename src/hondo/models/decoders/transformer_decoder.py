"""VTDepth's transformer decoder: PVTv2 blocks at every level, between them learnt upsampling."""

from collections.abc import Sequence
from math import gcd

from jaxtyping import Float
from torch import Tensor, nn

from hondo.geometry.depth_units import MAX_DEPTH, MIN_DEPTH
from hondo.models.decoders.pyramid import InverseDepth, skips_by_stride
from hondo.nn.blocks.pyramid_block import NORM_EPS, PyramidBlock
from hondo.nn.tokens import map_from_tokens, tokens_from_map
from hondo.nn.upsampling.pixel_shuffle import ShuffleUp, shuffle_head

HEADS = {4: 1, 8: 2, 16: 4}  # by the level's stride; 8 at the deeper ones
MLP_RATIOS = {4: 8, 8: 8}  # 4 at the deeper ones
HEAD_STRIDES = (2, 4, 8)
HEAD_WIDTH = 64


class TransformerDecoder(nn.Module):
    """Feature maps (finest first) to inverse depth at strides 1, 2, 4, 8, on every pyramid of powers of two.

    Every level has the width of the encoder's map of that size; where there is none, that of the level below. A map
    of half the image's size joins only before the last part. ``start_depth``: what an untrained decoder predicts about
    everywhere, in the unit of depth; None: the depth of a sigmoid of one half, which is twice ``min_depth``.
    """

    def __init__(
        self,
        *,
        channels: Sequence[int],
        strides: Sequence[int],
        depth: int = 1,
        min_depth: float = MIN_DEPTH,
        max_depth: float = MAX_DEPTH,
        start_depth: float | None = None,
    ) -> None:
        super().__init__()
        skips = skips_by_stride(channels, strides, deepest=16, decoder="transformer decoder")
        self.strides = tuple(strides)
        self.levels, self.heads = nn.ModuleDict(), nn.ModuleDict()
        inputs, stride = channels[-1], strides[-1]
        while stride > 2:
            outputs = skips.get(stride // 2, inputs)
            self.levels[str(stride // 2)] = Level(
                inputs, outputs, stride=stride, reduction=strides[-1] // stride, depth=depth
            )
            stride, inputs = stride // 2, outputs
            if stride in HEAD_STRIDES:
                self.heads[str(stride)] = nn.Conv2d(inputs, 1, 3, padding=1)
        self.last = shuffle_head(inputs, width=HEAD_WIDTH)
        self.inverse_depth = InverseDepth(min_depth=min_depth, max_depth=max_depth)
        if start_depth is not None:
            for head in (*self.heads.values(), self.last[-1]):
                nn.init.constant_(head.get_parameter("bias"), self.inverse_depth.logit_of(start_depth))

    def forward(self, features: list[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b 1 _ _"]]:
        skips = {str(stride): feature for stride, feature in zip(self.strides, features, strict=True)}
        half = skips.pop("2", None)
        x, maps = features[-1], []
        for stride, level in self.levels.items():
            x = level(x, skips.get(stride))
            if stride in self.heads:
                maps.append(self.inverse_depth(self.heads[stride](x)))
        maps.append(self.inverse_depth(self.last(x if half is None else x + half)))
        return maps[::-1]


class Level(nn.Module):
    """Blocks, twice the size, plus the encoder's map of that size, blocks, layer norm.

    The blocks before and after share their numbers of heads, MLP ratio and reduction.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int, reduction: int, depth: int) -> None:
        super().__init__()
        num_heads = gcd(HEADS.get(stride, 8), inputs, outputs)  # fewer where they do not divide the channels
        before, after = (
            nn.ModuleList(
                PyramidBlock(
                    width,
                    num_heads=num_heads,
                    mlp_ratio=MLP_RATIOS.get(stride, 4),
                    reduction=reduction,
                    qkv_bias=False,
                )
                for _ in range(depth)
            )
            for width in (inputs, outputs)
        )
        self.before, self.up, self.after = before, ShuffleUp(inputs, outputs), after
        self.norm = nn.LayerNorm(outputs, eps=NORM_EPS)

    def forward(self, x: Float[Tensor, "b c h w"], skip: Float[Tensor, "b d H W"] | None) -> Float[Tensor, "b d H W"]:
        x = self.up(_through(self.before, x))
        x = _through(self.after, x if skip is None else x + skip, norm=self.norm)
        return x


def _through(
    blocks: nn.ModuleList, x: Float[Tensor, "b c h w"], *, norm: nn.Module | None = None
) -> Float[Tensor, "b c h w"]:
    """A map through blocks of tokens."""
    grid_hw = x.shape[-2], x.shape[-1]
    tokens = tokens_from_map(x)
    for block in blocks:
        tokens = block(tokens, grid_hw)
    tokens = tokens if norm is None else norm(tokens)
    return map_from_tokens(tokens, grid_hw)
