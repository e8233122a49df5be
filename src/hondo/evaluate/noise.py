"""Is the machine quiet? A fixed piece of work, timed between the measured calls, says whether it slowed or shook."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST = 10  # timings of the reference below which nothing is said
SPREAD = 1.6  # 90th over 10th percentile of the reference: more is a neighbour on the same cores
DRIFT = 1.25  # last third over first third: more is a processor that throttles (or a neighbour that came)
_BLOCK = np.linspace(1.0, 2.0, 2**15, dtype=np.float32)  # fits the first caches; one thread, about a tenth of a ms
_OUT = np.empty_like(_BLOCK)


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How the reference work varied during a measurement: 1 is perfectly even."""

    spread: float = 1.0
    drift: float = 1.0

    @classmethod
    def of(cls, references_ms: Sequence[float]) -> "Noise":
        if len(references_ms) < FEWEST:
            return cls()
        third = len(references_ms) // 3
        low, high = np.percentile(references_ms, [10, 90])
        first, last = np.median(references_ms[:third]), np.median(references_ms[-third:])
        return cls(spread=float(high / low), drift=float(last / first))

    def doubts(self) -> tuple[str, ...]:
        """What speaks against the times that were measured meanwhile."""
        found = []
        if self.drift > DRIFT:
            found.append(f"the machine slowed down by {self.drift - 1:.0%} meanwhile: it throttles or is shared")
        if self.drift < 1 / DRIFT:
            found.append(f"the machine became {1 / self.drift - 1:.0%} faster meanwhile: something else ran before")
        if self.spread > SPREAD:
            found.append(f"the same work took {self.spread:.1f} times as long at times: others use these cores")
        return tuple(found)


def reference_work() -> None:
    """Square roots of a block that stays in the cache: no memory, no threads, nothing but the processor's pace."""
    for _ in range(8):
        np.sqrt(_BLOCK, out=_OUT)
