"""Is the machine quiet? A fixed piece of work, timed between the measured calls, says whether it slowed or shook.

That work is over before the system would take its core away; how long the threads waited for one says who else is here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FEWEST = 10  # timings of the reference below which nothing is said
SPREAD = 1.6  # 90th over 10th percentile of the reference: more is a neighbour on the same cores
DRIFT = 1.25  # last third over first third: more is a processor that throttles (or a neighbour that came)
WAITED = 0.1  # share of its time that a measurement's threads waited for a core: more is a neighbour on them
_TASKS = Path("/proc/self/task")  # Linux
_BLOCK = np.linspace(1.0, 2.0, 2**15, dtype=np.float32)  # fits the first caches; one thread, about a tenth of a ms
_OUT = np.empty_like(_BLOCK)


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How the reference work varied during a measurement: 1 is perfectly even."""

    spread: float = 1.0
    drift: float = 1.0
    waited: float = 0.0  # of the time that the process's threads would have run, the share they got no core

    @classmethod
    def of(cls, references_ms: Sequence[float], *, waited: float = 0.0) -> "Noise":
        if len(references_ms) < FEWEST:
            return cls()
        third = len(references_ms) // 3
        low, high = np.percentile(references_ms, [10, 90])
        first, last = np.median(references_ms[:third]), np.median(references_ms[-third:])
        return cls(spread=float(high / low), drift=float(last / first), waited=waited)

    def doubts(self) -> tuple[str, ...]:
        """What speaks against the times that were measured meanwhile."""
        found = []
        if self.drift > DRIFT:
            found.append(f"the machine slowed down by {self.drift - 1:.0%} meanwhile: it throttles or is shared")
        if self.drift < 1 / DRIFT:
            found.append(f"the machine became {1 / self.drift - 1:.0%} faster meanwhile: something else ran before")
        if self.spread > SPREAD:
            found.append(f"the same work took {self.spread:.1f} times as long at times: others use these cores")
        if self.waited > WAITED:
            found.append(
                f"threads waited {self.waited:.0%} of their time for a core: others use these, or too few are here"
            )
        return tuple(found)


@dataclass(frozen=True, kw_only=True)
class CoreTime:
    """How long the threads of this process have run and have waited for a core, in seconds, so far."""

    ran_s: float
    waited_s: float

    @classmethod
    def now(cls) -> "CoreTime":
        """Zeros where the system does not say (only Linux does)."""
        schedules = [_schedule(task) for task in _TASKS.iterdir()] if _TASKS.exists() else []
        return cls(ran_s=sum(ran for ran, _ in schedules) / 1e9, waited_s=sum(waited for _, waited in schedules) / 1e9)

    def waited_since(self) -> float:
        """Of the time since then that the threads would have run, the share that they waited."""
        now = CoreTime.now()
        ran, waited = max(now.ran_s - self.ran_s, 0.0), max(now.waited_s - self.waited_s, 0.0)
        return waited / (ran + waited) if waited else 0.0


def _schedule(task: Path) -> tuple[int, int]:
    """Nanoseconds that a thread ran and waited; none of one that has ended meanwhile."""
    try:
        ran, waited, _ = (task / "schedstat").read_text().split()
    except (OSError, ValueError):
        return 0, 0
    return int(ran), int(waited)


def reference_work() -> None:
    """Square roots of a block that stays in the cache: no memory, no threads, nothing but the processor's pace."""
    for _ in range(8):
        np.sqrt(_BLOCK, out=_OUT)
