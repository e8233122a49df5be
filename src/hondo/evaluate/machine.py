"""What this machine can do at best: its arithmetic and memory roofs (Williams et al. 2009, Roofline)."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

_SIDE = 1536  # of the matrices: large enough to fill the caches' pipelines, small enough for a fraction of a second
_BYTES = 2**28


@dataclass(frozen=True, kw_only=True)
class Roof:
    """Measured peaks: multiply-accumulates a second in float32 and bfloat16, memory bytes read and written."""

    gmacs_per_s: float
    bf16_gmacs_per_s: float
    gigabytes_per_s: float

    def least_ms(self, *, gmacs: float, precision: str) -> float:
        """The least time that so many multiply-accumulates can take here."""
        return 1000 * gmacs / (self.gmacs_per_s if precision == "fp32" else self.bf16_gmacs_per_s)


def measure_roof(*, device: str = "cpu", repeats: int = 5) -> Roof:
    """Times square matrix products and a large copy, and keeps the best of ``repeats``."""
    rates = {}
    for dtype in (torch.float32, torch.bfloat16):
        left, right = (torch.ones(_SIDE, _SIDE, dtype=dtype, device=device) for _ in range(2))
        rates[dtype] = _SIDE**3 / 1e9 / _best_s(lambda a=left, b=right: a @ b, device=device, repeats=repeats)
    source = torch.ones(_BYTES, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    copied = 2 * _BYTES / 1e9 / _best_s(lambda: target.copy_(source), device=device, repeats=repeats)
    return Roof(gmacs_per_s=rates[torch.float32], bf16_gmacs_per_s=rates[torch.bfloat16], gigabytes_per_s=copied)


def _best_s(call: Callable[[], object], *, device: str, repeats: int) -> float:
    """The shortest of some calls, in seconds, after one untimed."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        call()
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times[1:])
