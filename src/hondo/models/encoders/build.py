"""Encoders by name: our own from a table, all others from timm."""

from collections.abc import Callable

from hondo.core.errors import unknown
from hondo.core.tables import Table
from hondo.models.encoders.encoder import Encoder
from hondo.models.encoders.timm_features import is_timm_name, timm_encoder, timm_names

# Each entry: (in_channels=3, pretrained=False) -> Encoder. A timm model that yields features needs none.
ENCODERS: Table[Callable[..., Encoder]] = Table(
    "encoder",
    {
        "light": "hondo.models.encoders.light:light_encoder",
    },
)


def build_encoder(name: str, *, in_channels: int = 3, pretrained: bool = False) -> Encoder:
    """``name`` of ENCODERS, or of timm, with or without the prefix "timm:"."""
    if name in ENCODERS:
        return ENCODERS[name](in_channels=in_channels, pretrained=pretrained)
    timm_name = name.removeprefix("timm:")
    if not is_timm_name(timm_name):
        raise unknown("encoder", name, [*ENCODERS, *timm_names()])
    return timm_encoder(timm_name, in_channels=in_channels, pretrained=pretrained)
