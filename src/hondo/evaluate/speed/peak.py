"""Peak throughput of this machine: arithmetic and memory bandwidth (Williams et al. 2009, Roofline)."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch

_SIDE = 1536  # of the matrices: large enough for peak throughput, small enough for a fraction of a second
_BYTES = 2**28


_SECONDS = 0.5  # time limit of a rate after two products, for slow types on small machines


@dataclass(frozen=True, kw_only=True)
class PeakThroughput:
    """Measured peaks: multiply-accumulates a second by type, and memory bytes read and written a second."""

    gmacs_per_s: float  # float32
    bf16_gmacs_per_s: float
    int8_gmacs_per_s: float | None  # None: torch has no such product on this device
    gigabytes_per_s: float

    def rate(self, precision: str) -> float:
        """The peak of a precision; float16 counts as bfloat16; a type slower than float32 counts as float32.

        Weights alone in int8 are multiplied as float32.
        """
        halves = max(self.gmacs_per_s, self.bf16_gmacs_per_s)
        if precision in ("int8", "int8-dynamic"):
            return max(halves, self.int8_gmacs_per_s or 0.0)
        return self.gmacs_per_s if precision in ("fp32", "int8-weights") else halves

    def least_ms(self, *, gmacs: float, precision: str) -> float:
        """The shortest time for this number of multiply-accumulates."""
        return 1000 * gmacs / self.rate(precision)


@lru_cache(maxsize=8)
def measure_peak(*, device: str = "cpu", threads: int | None = None, repeats: int = 5) -> PeakThroughput:
    """Times square matrix products and a large copy, and keeps the best of ``repeats``; once in a process."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        rates = [_rate(dtype, device=device, repeats=repeats) for dtype in (torch.float32, torch.bfloat16, torch.int8)]
        source = torch.ones(_BYTES, dtype=torch.uint8, device=device)
        target = torch.empty_like(source)
        copied = 2 * _BYTES / 1e9 / _best_s(lambda: target.copy_(source), device=device, repeats=repeats)
    finally:
        torch.set_num_threads(before)
    fp32, bf16, int8 = rates
    assert fp32 is not None and bf16 is not None
    return PeakThroughput(gmacs_per_s=fp32, bf16_gmacs_per_s=bf16, int8_gmacs_per_s=int8, gigabytes_per_s=copied)


def _rate(dtype: torch.dtype, *, device: str, repeats: int) -> float | None:
    """10^9 multiply-accumulates a second of a square product."""
    left, right = (torch.ones(_SIDE, _SIDE, dtype=dtype, device=device) for _ in range(2))
    right = right.t() if dtype is torch.int8 else right
    product = torch._int_mm if dtype is torch.int8 else torch.mm
    try:
        return _SIDE**3 / 1e9 / _best_s(lambda: product(left, right), device=device, repeats=repeats)
    except RuntimeError:
        if dtype is torch.int8:
            return None
        raise


def _best_s(call: Callable[[], object], *, device: str, repeats: int) -> float:
    """The shortest of several calls in seconds, after an untimed one."""
    times: list[float] = []
    while len(times) <= repeats and (len(times) < 2 or sum(times) < _SECONDS):
        start = time.perf_counter()
        call()
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times[1:])
