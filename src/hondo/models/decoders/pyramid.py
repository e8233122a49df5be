"""What decoders need of an encoder: a pyramid of feature maps whose strides are powers of two."""

from collections.abc import Mapping, Sequence

from hondo.core.errors import HondoError


def skips_by_stride(
    channels: Sequence[int], strides: Sequence[int], *, deepest: int, decoder: str
) -> Mapping[int, int]:
    """Stride -> channels. Refuses other strides, and pyramids that end before ``deepest``."""
    if any(stride & (stride - 1) for stride in strides) or strides[-1] < deepest:
        raise HondoError(
            f"the {decoder} needs an encoder whose strides are powers of two up to {deepest} or more, "
            f"got {tuple(strides)}; choose one with a pyramid of feature maps, e.g. timm:resnet18"
        )
    return dict(zip(strides, channels, strict=True))
