"""Time and memory of every attention against the number of tokens, and from where on it beats softmax attention."""

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from hondo.core.errors import HondoError
from hondo.core.report import Report, Row
from hondo.core.types import Size
from hondo.evaluate.speed.timing import elapsed_ms
from hondo.nn.attention.registry import ATTENTION, attention

# 12x12 to 128x128 tokens: a depth network of 640x192 pixels in patches of 16 has 480, one of 1216x352 has 1,672.
GRIDS: tuple[Size, ...] = ((12, 12), (16, 32), (32, 32), (32, 64), (64, 64), (64, 128), (128, 128))
MOST_ROUNDS, SETTLE_MS = 20, 250.0  # short calls are repeated: the best of few depends on chance
FIT_FROM = 2048  # tokens; below, what does not grow with the tokens weighs too much
REFERENCE = "softmax"
# The kinds whose docstring states a cost that is linear in the number of tokens, and what that may measure as.
LINEAR = (
    "blockwise", "cosformer", "cross-covariance", "dilated", "halo", "linear", "linear-reduction", "linformer", "lsh",
    "nystrom", "performer", "relu-linear", "shifted-window", "window",
)  # fmt: skip
MOST = 1.15  # exponent of their time and memory
MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class AttentionCost:
    """One attention on one grid."""

    name: str
    tokens: int
    milliseconds: float
    mebibytes: float  # the most that lives at once of what it makes, weights aside
    macs: float = 0.0  # multiply-accumulates by their count: what the time would follow if nothing else cost any


class LiveMemory(TorchDispatchMode):
    """Counts the bytes of the tensors that operations make and that are still alive; ``most`` is their peak."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self._seen: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for each in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(each, torch.Tensor):
                self._add(each.untyped_storage())
        return result

    def _add(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._seen:
            return
        self._seen.add(key)
        self.now += size
        self.most = max(self.most, self.now)
        weakref.finalize(storage, self._drop, key, size)

    def _drop(self, key: int, size: int) -> None:
        self._seen.discard(key)
        self.now -= size


def attention_costs(
    names: Sequence[str] = tuple(ATTENTION),
    *,
    grids: Sequence[Size] | None = None,
    dim: int = 384,
    num_heads: int = 6,
    rounds: int = 3,
    on_progress: Callable[[str], None] = lambda line: None,
) -> list[AttentionCost]:
    """Each attention on each grid (None: GRIDS) in eager PyTorch: the best of ``rounds`` calls after an untimed one.

    Short calls are made more often.
    """
    if rounds < 1:
        raise HondoError(f"rounds must be at least 1, got {rounds}", field="runs")
    found = []
    for name in names:
        torch.manual_seed(0)
        module = attention(name, dim=dim, num_heads=num_heads).eval()
        for grid in grids or GRIDS:
            cost = _measure(name, module, grid, dim=dim, rounds=rounds)
            found.append(cost)
            on_progress(f"{name}, {cost.tokens} tokens: {cost.milliseconds:.1f} ms, {cost.mebibytes:.1f} MiB")
    return found


@torch.inference_mode()
def _measure(name: str, module: nn.Module, grid: Size, *, dim: int, rounds: int) -> AttentionCost:
    tokens = torch.randn(1, grid[0] * grid[1], dim)
    with LiveMemory() as memory:
        module(tokens, grid)
    times = []
    while len(times) < rounds or (len(times) < MOST_ROUNDS and sum(times) < SETTLE_MS):
        times.append(elapsed_ms(lambda: module(tokens, grid)))
    return AttentionCost(
        name=name,
        tokens=grid[0] * grid[1],
        milliseconds=min(times),
        mebibytes=memory.most / MIB,
        macs=attention_macs(module, grid, dim=dim),
    )


def attention_macs(module: nn.Module, grid: Size, *, dim: int) -> int:
    """Multiply-accumulates of one call on the tokens of ``grid``, from shapes alone."""
    values = {name: each.detach().to("meta") for name, each in (*module.named_parameters(), *module.named_buffers())}
    tokens, counter = torch.empty(1, grid[0] * grid[1], dim, device="meta"), FlopCounterMode(display=False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:  # fused attention is not counted; its two products are
        functional_call(module, values, (tokens, grid))
    return counter.get_total_flops() // 2


def exponent(costs: Sequence[AttentionCost], *, of: Callable[[AttentionCost], float]) -> float | None:
    """The power of the number of tokens that a cost grows with, fitted above ``FIT_FROM``; None for too few points."""
    points = [(cost.tokens, of(cost)) for cost in costs if cost.tokens >= FIT_FROM and of(cost) > 0]
    if len(points) < 2:
        return None
    tokens, values = np.log(np.array(points)).T
    return float(np.polyfit(tokens, values, 1)[0])


def crossing(costs: Sequence[AttentionCost], reference: Sequence[AttentionCost]) -> float | None:
    """The tokens from which on an attention is faster, interpolated in logarithms; None where it never is.

    0 where it is faster from the first grid on. Noise may cross twice: the last crossing counts.
    """
    pairs = [(a.tokens, np.log(a.milliseconds / b.milliseconds)) for a, b in zip(costs, reference, strict=True)]
    if not pairs or pairs[-1][1] >= 0:
        return None
    slower = [index for index, (_, difference) in enumerate(pairs) if difference >= 0]
    if not slower:
        return 0.0
    (n0, d0), (n1, d1) = pairs[slower[-1]], pairs[slower[-1] + 1]
    return float(np.exp(np.log(n0) + (np.log(n1) - np.log(n0)) * d0 / (d0 - d1)))


def by_name(costs: Sequence[AttentionCost]) -> Mapping[str, list[AttentionCost]]:
    """The costs of each attention, by tokens."""
    names = dict.fromkeys(cost.name for cost in costs)
    return {name: sorted((c for c in costs if c.name == name), key=lambda c: c.tokens) for name in names}


def report(costs: Sequence[AttentionCost]) -> Report:
    """Times by tokens, the exponents of time and memory, and the crossing with softmax attention."""
    grouped, rows = by_name(costs), []
    reference = grouped.get(REFERENCE)
    for name, each in grouped.items():
        rows += [
            Row(name=f"{cost.tokens} tokens", value=cost.milliseconds, unit="ms", better="lower", subject=name)
            for cost in each
        ]
        found = {
            "time grows as n^": exponent(each, of=lambda cost: cost.milliseconds),
            "memory grows as n^": exponent(each, of=lambda cost: cost.mebibytes),
            "MACs grow as n^": exponent(each, of=lambda cost: cost.macs),
            "faster than softmax from": None if reference is None or name == REFERENCE else crossing(each, reference),
        }
        units = {"faster than softmax from": "tokens"}
        rows += [
            Row(name=key, value=value, unit=units.get(key, ""), subject=name)
            for key, value in found.items()
            if value is not None
        ]
    notes = (
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, eager, float32",
        f"exponents: fitted from {FIT_FROM} tokens on; 0 tokens: faster on every grid; empty: never",
        *linear_verdict(grouped),
    )
    return Report(title="Attention against the number of tokens", rows=tuple(rows), notes=notes)


def linear_verdict(grouped: Mapping[str, Sequence[AttentionCost]]) -> tuple[str, ...]:
    """Whether the kinds that should be linear measure so, in time and memory; empty where none of them was measured."""
    wrong, count = [], 0
    for name in (name for name in LINEAR if name in grouped):
        powers = {
            "time": exponent(grouped[name], of=lambda cost: cost.milliseconds),
            "memory": exponent(grouped[name], of=lambda cost: cost.mebibytes),
        }
        count += None not in powers.values()
        wrong += [f"{name} {what} {power:.2f}" for what, power in powers.items() if power is not None and power > MOST]
    if not count:
        return ()
    verdict = f"above it: {', '.join(wrong)}" if wrong else "all of them"
    return (f"{count} linear kinds, exponents of time and memory at most {MOST}: {verdict}",)
