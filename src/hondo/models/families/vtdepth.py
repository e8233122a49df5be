"""VTDepth: encoders under a transformer or convolutional decoder; also vit-middle, a ResNet with transformer blocks."""

from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.types import DepthKind, InputSpec, Size
from hondo.geometry.depth_units import MAX_DEPTH, MIN_DEPTH
from hondo.models.base.depth_model import DepthModel, EncoderDecoder
from hondo.models.base.pose_model import PoseModel
from hondo.models.decoders.shuffle_unet import ShuffleUNet
from hondo.models.decoders.transformer_decoder import TransformerDecoder
from hondo.models.decoders.unet_disparity import UNetDisparity
from hondo.models.encoders.encoder import Encoder, Pretrained
from hondo.models.encoders.pvt import pvt_small, pvt_tiny
from hondo.models.encoders.registry import build_encoder, encoder_spec
from hondo.models.families.monodepth2 import RESNET18, monodepth2_pose, resnet_spec
from hondo.models.published.monodepth2 import read_pose
from hondo.models.published.vtdepth import read_vtdepth
from hondo.models.registry.variant import Origin, variant_of
from hondo.nn.blocks.pyramid_block import PyramidBlock


class BottleneckTransformer(nn.Module):
    """The maps of ``encoder``, the coarsest refined by transformer blocks over all its positions."""

    def __init__(self, encoder: Encoder, *, blocks: int, num_heads: int, mlp_ratio: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.channels, self.strides, self.is_fixed = encoder.channels, encoder.strides, encoder.is_fixed
        self.mean, self.std = encoder.mean, encoder.std
        dim = encoder.channels[-1]
        self.patches = nn.Conv2d(dim, dim, 3, padding=1)  # each patch of 3x3 shares two thirds with its neighbour
        self.patches_norm, self.norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.blocks = nn.ModuleList(
            PyramidBlock(dim, num_heads=num_heads, mlp_ratio=mlp_ratio, reduction=1) for _ in range(blocks)
        )

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        *finer, coarsest = self.encoder(image)
        grid_hw = (coarsest.shape[2], coarsest.shape[3])
        tokens = self.patches_norm(self.patches(coarsest).flatten(2).transpose(1, 2))  # (b n c)
        for block in self.blocks:
            tokens = block(tokens, grid_hw)
        return [*finer, self.norm(tokens).transpose(1, 2).unflatten(-1, grid_hw)]


SIZE_HW = (192, 640)

SOURCE, LICENCE = "github.com/ahbpp/VTDepth", "not stated"
published = Origin(source=SOURCE, licence=LICENCE, read=read_vtdepth)
published_pose = Origin(source=SOURCE, licence=LICENCE, read=read_pose)


def puretransformer(
    *,
    encoder: str = "timm:pvt_v2_b0",
    pretrained: Pretrained = False,
    size_hw: Size = SIZE_HW,
    depth: int = 1,
    min_depth: float = MIN_DEPTH,
    max_depth: float = MAX_DEPTH,
    start_depth: float | None = None,
) -> DepthModel:
    """The transformer decoder on any encoder of ENCODERS or timm. ``depth``: blocks before and after each step up;
    ``start_depth``: as in TransformerDecoder."""
    features = build_encoder(encoder, pretrained=pretrained, size_hw=size_hw)
    decoder = TransformerDecoder(
        channels=features.channels,
        strides=features.strides,
        depth=depth,
        min_depth=min_depth,
        max_depth=max_depth,
        start_depth=start_depth,
    )
    return _model(features, decoder, encoder_spec(features, size_hw=size_hw))


def shuffle_unet(
    *,
    encoder: str = "timm:pvt_v2_b0",
    pretrained: Pretrained = False,
    size_hw: Size = SIZE_HW,
    width: float = 1.0,
    min_depth: float = MIN_DEPTH,
    max_depth: float = MAX_DEPTH,
) -> DepthModel:
    """VTDepth's convolutional decoder on any encoder of ENCODERS or timm. ``width`` scales the decoder."""
    features = build_encoder(encoder, pretrained=pretrained, size_hw=size_hw)
    decoder = ShuffleUNet(
        channels=features.channels, strides=features.strides, width=width, min_depth=min_depth, max_depth=max_depth
    )
    return _model(features, decoder, encoder_spec(features, size_hw=size_hw))


@published
def vtdepth_b0(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """PVTv2-B0 under the convolutional decoder with a light last part."""
    features = build_encoder("pvt-v2-b0", pretrained=pretrained)
    decoder = ShuffleUNet(channels=features.channels, strides=features.strides, is_light=True)
    return _model(features, decoder, InputSpec(size_hw=size_hw))


@published
def vtdepth_b1(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """PVTv2-B1 under the convolutional decoder."""
    return _convolutional(build_encoder("pvt-v2-b1", pretrained=pretrained), size_hw=size_hw)


@published
def vtdepth_b2(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """PVTv2-B2 under the convolutional decoder."""
    return _convolutional(build_encoder("pvt-v2-b2", pretrained=pretrained), size_hw=size_hw)


@published
def vtdepth_pcpvt(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """Twins-PCPVT-small."""
    return _convolutional(build_encoder("twins-pcpvt-small", pretrained=pretrained), size_hw=size_hw)


@published
def vtdepth_svt(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """Twins-SVT-small; windows that the image fills in part attend to its tokens alone."""
    return _convolutional(build_encoder("twins-svt-small", pretrained=pretrained), size_hw=size_hw)


@published
def vtdepth_swin_t(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """Swin-T under the convolutional decoder."""
    features = build_encoder("timm:swin_tiny_patch4_window7_224", pretrained=pretrained)
    return _convolutional(features, size_hw=size_hw)


@published
def vtdepth_pvtv1_tiny(*, size_hw: Size = SIZE_HW, positions_hw: Size = (224, 224)) -> DepthModel:
    """``positions_hw``: the image's size that the position embeddings are made for."""
    return _convolutional(pvt_tiny(positions_hw=positions_hw), size_hw=size_hw)


@published
def vtdepth_pvtv1_small(*, size_hw: Size = SIZE_HW, positions_hw: Size = (224, 224)) -> DepthModel:
    """``positions_hw``: the image's size that the position embeddings are made for."""
    return _convolutional(pvt_small(positions_hw=positions_hw), size_hw=size_hw)


@published
def vtdepth_a0(*, pretrained: bool = False, size_hw: Size = SIZE_HW, start_depth: float | None = None) -> DepthModel:
    """A pure transformer: PVTv2-B0 under the transformer decoder. ``start_depth``: as in TransformerDecoder."""
    features = build_encoder("pvt-v2-b0", pretrained=pretrained)
    decoder = TransformerDecoder(channels=features.channels, strides=features.strides, start_depth=start_depth)
    return _model(features, decoder, InputSpec(size_hw=size_hw))


@published
def vtdepth_c0(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """monodepth2's ResNet-18 under the transformer decoder."""
    features = build_encoder(RESNET18, pretrained=pretrained)
    decoder = TransformerDecoder(channels=features.channels, strides=features.strides)
    return _model(features, decoder, resnet_spec(size_hw))


@published_pose
@variant_of(monodepth2_pose)
def vtdepth_pose(**options: Any) -> PoseModel:
    """The pose network beside every variant: monodepth2's."""
    return monodepth2_pose(**options)


def _convolutional(encoder: Encoder, *, size_hw: Size) -> DepthModel:
    decoder = ShuffleUNet(channels=encoder.channels, strides=encoder.strides)
    return _model(encoder, decoder, InputSpec(size_hw=size_hw))


def _model(encoder: Encoder, decoder: nn.Module, spec: InputSpec) -> DepthModel:
    """Without labels the scale of depth stays unknown; the name is the one it was built by."""
    network = EncoderDecoder(encoder, decoder)
    return DepthModel(network, name="vtdepth", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=spec)


def vit_middle(*, encoder: str = RESNET18, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """A ResNet with two transformer blocks at its bottleneck, under monodepth2's decoder."""
    features = BottleneckTransformer(
        build_encoder(encoder, pretrained=pretrained, size_hw=size_hw), blocks=2, num_heads=8, mlp_ratio=4
    )
    decoder = UNetDisparity(channels=features.channels, strides=features.strides)
    return DepthModel(
        EncoderDecoder(features, decoder),
        name="vit-middle",
        kind=DepthKind.SCALED_INVERSE_DEPTH,
        input_spec=resnet_spec(size_hw),
    )
