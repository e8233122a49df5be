"""Detects a noisy machine: a fixed workload is timed between the measured calls, and scheduler wait times are read.

The workload is shorter than a scheduler time slice; the wait times show whether other processes use the cores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FEWEST = 10  # timings of the reference below which noise is not assessed
SPREAD = 1.6  # 90th / 10th percentile of the reference: above, other processes use the same cores
DRIFT = 1.25  # last / first third: above, the processor throttles or is shared
WAITED = 0.1  # share of their time that threads waited for a core: above, the cores are shared
_TASKS = Path("/proc/self/task")  # Linux
_BLOCK = np.linspace(1.0, 2.0, 2**15, dtype=np.float32)  # fits the L1 and L2 caches; about 0.1 ms on one thread
_OUT = np.empty_like(_BLOCK)


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How the reference workload varied during a measurement; 1 is no variation."""

    spread: float = 1.0
    drift: float = 1.0
    waited: float = 0.0  # share of their time that the threads of the process waited for a core

    @classmethod
    def of(cls, references_ms: Sequence[float], *, waited: float = 0.0) -> "Noise":
        """From the times of the reference workload; no noise if there are fewer than FEWEST."""
        if len(references_ms) < FEWEST:
            return cls()
        third = len(references_ms) // 3
        low, high = np.percentile(references_ms, [10, 90])
        first, last = np.median(references_ms[:third]), np.median(references_ms[-third:])
        return cls(spread=float(high / low), drift=float(last / first), waited=waited)

    def doubts(self) -> tuple[str, ...]:
        """Why times measured meanwhile are unreliable."""
        found = []
        if self.drift > DRIFT:
            found.append(
                f"the machine became {self.drift - 1:.0%} slower during the measurement: it throttles or is shared"
            )
        if self.drift < 1 / DRIFT:
            found.append(
                f"the machine became {1 / self.drift - 1:.0%} faster during the measurement: another process ended"
            )
        if self.spread > SPREAD:
            found.append(f"a fixed workload varied by a factor of {self.spread:.1f}: other processes use these cores")
        if self.waited > WAITED:
            found.append(
                f"threads waited {self.waited:.0%} of their time for a core: too few cores, or others use them"
            )
        return tuple(found)


@dataclass(frozen=True, kw_only=True)
class CoreTime:
    """How long the threads of this process have run, and have waited for a core, in seconds."""

    ran_s: float
    waited_s: float

    @classmethod
    def now(cls) -> "CoreTime":
        """Linux only; zeros elsewhere."""
        schedules = [_schedule(task) for task in _TASKS.iterdir()] if _TASKS.exists() else []
        return cls(ran_s=sum(ran for ran, _ in schedules) / 1e9, waited_s=sum(waited for _, waited in schedules) / 1e9)

    def waited_since(self) -> float:
        """The share of their time since then that the threads waited for a core."""
        now = CoreTime.now()
        ran, waited = max(now.ran_s - self.ran_s, 0.0), max(now.waited_s - self.waited_s, 0.0)
        return waited / (ran + waited) if waited else 0.0


def _schedule(task: Path) -> tuple[int, int]:
    """Nanoseconds that a thread ran and waited; 0 for a thread that has ended."""
    try:
        ran, waited, _ = (task / "schedstat").read_text().split()
    except (OSError, ValueError):
        return 0, 0
    return int(ran), int(waited)


def reference_work() -> None:
    """Square roots of a block in the cache: depends on the clock rate only, not on memory or threads."""
    for _ in range(8):
        np.sqrt(_BLOCK, out=_OUT)
