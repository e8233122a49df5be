"""Encoders by name: our own from a table, all others from timm."""

from collections.abc import Callable

from hondo.core.errors import unknown
from hondo.core.tables import Table
from hondo.core.types import InputSpec, Size
from hondo.models.encoders.encoder import Encoder, Pretrained
from hondo.models.encoders.timm_features import is_timm_name, timm_encoder, timm_names
from hondo.models.published.encoder_packages import package_of

# Each entry: (in_channels=3, pretrained=False, size_hw=None) -> Encoder. A timm model that yields features needs none.
ENCODERS: Table[Callable[..., Encoder]] = Table(
    "encoder",
    {
        "densenet121-transitions": "hondo.models.encoders.densenet:densenet121",
        "densenet161-transitions": "hondo.models.encoders.densenet:densenet161",
        "light": "hondo.models.encoders.light:light_encoder",
        "litehybrid": "hondo.models.encoders.light:litehybrid",
        "mit-b0": "hondo.models.encoders.pvt_v2:mit_b0",
        "mit-b4": "hondo.models.encoders.pvt_v2:mit_b4",
        "mobilenet": "hondo.models.encoders.mobilenet:mobilenet_encoder",
        "pvt-small": "hondo.models.encoders.pvt:pvt_small",
        "pvt-tiny": "hondo.models.encoders.pvt:pvt_tiny",
        "pvt-v2-b0": "hondo.models.encoders.pvt_v2:pvt_v2_b0",
        "pvt-v2-b1": "hondo.models.encoders.pvt_v2:pvt_v2_b1",
        "pvt-v2-b2": "hondo.models.encoders.pvt_v2:pvt_v2_b2",
        "twins-pcpvt-small": "hondo.models.encoders.twins:twins_pcpvt_small",
        "twins-svt-small": "hondo.models.encoders.twins:twins_svt_small",
    },
)


def build_encoder(
    name: str, *, in_channels: int = 3, pretrained: Pretrained = False, size_hw: Size | None = None
) -> Encoder:
    """``name`` of ENCODERS, or of timm, with or without the prefix "timm:". ``size_hw``: where it takes but one."""
    if name in ENCODERS:
        if pretrained == "package":
            package_of(name)  # refuses it: none is of these
        return ENCODERS[name](in_channels=in_channels, pretrained=pretrained, size_hw=size_hw)
    timm_name = name.removeprefix("timm:")
    if not is_timm_name(timm_name):
        raise unknown("encoder", name, [*ENCODERS, *timm_names()])
    return timm_encoder(timm_name, in_channels=in_channels, pretrained=pretrained, size_hw=size_hw)


def encoder_spec(encoder: Encoder, *, size_hw: Size) -> InputSpec:
    """What a network on top of ``encoder`` wants of its images."""
    step = max(encoder.strides)
    return InputSpec(size_hw=size_hw, multiple_of=step, mean=encoder.mean, std=encoder.std, fixed=encoder.is_fixed)
