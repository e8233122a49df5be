"""What each layer of a compiled network takes, and the kernel that the engine chose for it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LayerTime:
    """One layer as the engine runs it; several layers of the model may be fused into one."""

    name: str
    kind: str  # the operation, in the engine's word
    kernel: str  # the implementation, e.g. brgconv_avx512_amx_I8; the provider where the engine names no kernel
    milliseconds: float


def heaviest(layers: Iterable[LayerTime], *, count: int = 5) -> tuple[LayerTime, ...]:
    """The layers that take longest, the longest first."""
    return tuple(sorted(layers, key=lambda layer: -layer.milliseconds)[:count])
