"""Peak throughput of this machine: arithmetic and memory bandwidth (Williams et al. 2009, Roofline)."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

import torch

from hondo.evaluate.speed.peak_kernels import KERNELS, PeakKernel, torch_product

SIDES = (1024, 1536)  # of the products: large enough for peak throughput, small enough for a fraction of a second
_BYTES = 2**28
_SECONDS = 0.5  # time limit of a rate after two products, for slow types on small machines


@dataclass(frozen=True, kw_only=True)
class PeakThroughput:
    """Measured peaks: multiply-accumulates a second by type, and memory bytes read and written a second."""

    gmacs_per_s: float  # float32
    bf16_gmacs_per_s: float
    int8_gmacs_per_s: float | None  # None: there is no such product on this device
    gigabytes_per_s: float
    kernels: dict[str, str] = field(default_factory=dict)  # precision -> the product that reached the peak

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

    def __str__(self) -> str:
        """The rates with the products that reached them."""
        rates = {"fp32": self.gmacs_per_s, "bf16": self.bf16_gmacs_per_s, "int8": self.int8_gmacs_per_s}
        parts = [
            f"{rate:.0f} {precision}" + (f" ({self.kernels[precision]})" if precision in self.kernels else "")
            for precision, rate in rates.items()
            if rate is not None
        ]
        return f"{', '.join(parts)} GMAC/s; memory {self.gigabytes_per_s:.1f} GB/s"


@lru_cache(maxsize=8)
def measure_peak(*, device: str = "cpu", threads: int | None = None, repeats: int = 5) -> PeakThroughput:
    """Times products of every installed library and a large copy, and keeps the best; once in a process."""
    kernels = [kernel for kernel in KERNELS if kernel.is_installed()]
    if device != "cpu":
        on_device = partial(torch_product, device=device)
        kernels = [
            PeakKernel(name="torch.mm", packages=("torch",), precisions=("fp32", "bf16", "int8"), make=on_device)
        ]
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        best = best_rates(kernels, threads=threads, timed=partial(_best_s, device=device, repeats=repeats))
        source = torch.ones(_BYTES, dtype=torch.uint8, device=device)
        target = torch.empty_like(source)
        copied = 2 * _BYTES / 1e9 / _best_s(lambda: target.copy_(source), device=device, repeats=repeats)
    finally:
        torch.set_num_threads(before)
    return PeakThroughput(
        gmacs_per_s=best["fp32"][0],
        bf16_gmacs_per_s=best["bf16"][0],
        int8_gmacs_per_s=best["int8"][0] if "int8" in best else None,
        gigabytes_per_s=copied,
        kernels={precision: name for precision, (_, name) in best.items()},
    )


def best_rates(
    kernels: Iterable[PeakKernel],
    *,
    threads: int | None,
    timed: Callable[[Callable[[], object]], float],
    sides: Sequence[int] = SIDES,
) -> dict[str, tuple[float, str]]:
    """Precision -> (10^9 multiply-accumulates a second, kernel) of the fastest kernel and shape.

    ``timed`` gives the seconds of a call. A kernel that does not run on this device is left out.
    """
    best: dict[str, tuple[float, str]] = {}
    for kernel in kernels:
        for precision in kernel.precisions:
            try:
                products = (kernel.make(precision, side, threads) for side in sides)
                rate = max(product.macs / 1e9 / timed(product.call) for product in products)
            except RuntimeError:
                continue
            best[precision] = max(best.get(precision, (0.0, "")), (rate, kernel.name))
    return best


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
