"""FastDepth (Wofk et al. 2019): MobileNet under separable convolutions, in metres. One variant is one function."""

from collections.abc import Sequence
from typing import Any

from hondo.core.types import DepthKind, InputSpec, Size
from hondo.models.base.depth_model import DepthModel, EncoderDecoder
from hondo.models.decoders.separable_add import SeparableAdd
from hondo.models.encoders.mobilenet import WIDTHS, MobileNet
from hondo.models.published.fastdepth import read
from hondo.models.registry.variant import Origin, variant_of

# Of the published network, which NetAdapt pruned for a mobile device: the encoder's, and the decoder's at 1/16 and 1/1.
PRUNED_ENCODER = (16, 56, 88, 120, 144, 256, 408, 376, 272, 288, 296, 328, 480, 512)
PRUNED_DECODER = (200, 16)


@Origin(source="github.com/dwofk/fast-depth", licence="MIT", read=read)
def fastdepth(
    *, encoder_widths: Sequence[int] = WIDTHS, decoder_widths: Sequence[int] = (512, 32), size_hw: Size = (224, 224)
) -> DepthModel:
    """MobileNet-NNConv5 with depthwise convolutions and added skips; a published file decides the widths."""
    encoder = MobileNet(widths=encoder_widths)
    decoder = SeparableAdd(channels=encoder.channels, strides=encoder.strides, widths=decoder_widths)
    spec = InputSpec(size_hw=size_hw, multiple_of=32, mean=encoder.mean, std=encoder.std)
    return DepthModel(EncoderDecoder(encoder, decoder), name="fastdepth", kind=DepthKind.METRIC_DEPTH, input_spec=spec)


@Origin(source="github.com/dwofk/fast-depth", licence="MIT", read=read)
@variant_of(fastdepth)
def fastdepth_pruned(
    *,
    encoder_widths: Sequence[int] = PRUNED_ENCODER,
    decoder_widths: Sequence[int] = PRUNED_DECODER,
    **options: Any,
) -> DepthModel:
    """With the channel numbers of the authors' pruned network."""
    return fastdepth(encoder_widths=encoder_widths, decoder_widths=decoder_widths, **options)
