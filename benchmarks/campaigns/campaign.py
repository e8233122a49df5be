"""What every campaign shares: options, counts, children that may crash, and the report that docs/robustness.md shows.

A campaign tries many seeded cases, counts how each ended, and names as a fault what must never happen. It ends with 1
where there was a fault. `--quick` is the small one of `make test`; `--json` writes the report.
"""

import argparse
import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hondo.core.atomic import atomic_write
from hondo.core.processor import hardware
from hondo.core.report import commit

REPORTS = Path(__file__).resolve().parents[2] / "docs" / "reports" / "campaigns"
_SHOWN = 20  # faults that are kept in words


@dataclass(frozen=True, kw_only=True)
class Options:
    """How large a campaign is: cases to try, and the seconds after which it ends with what it has tried."""

    count: int
    seed: int
    seconds: float
    quick: bool
    begun: float = field(default_factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() - self.begun > self.seconds


@dataclass(kw_only=True)
class Tally:
    """How the cases ended, and the faults in words."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # figures, for the report

    def count(self, outcome: str) -> None:
        """One case that ended as it may."""
        self.outcomes[outcome] += 1

    def fault(self, text: str) -> None:
        """One case that ended as it never may."""
        self.outcomes["fault"] += 1
        self.faults.append(text[:300])

    @property
    def tried(self) -> int:
        """All cases."""
        return self.outcomes.total()


def main(
    name: str,
    run: Callable[[Options], Tally],
    *,
    asks: str,
    count: int,
    quick: int,
    seconds: float = 3600.0,
    each: int = 1,
) -> None:
    """Runs a campaign from the command line. ``asks``: what has to hold; ``count``, ``quick``: cases of both sizes.

    ``each``: how many laws have as many cases.
    """
    parser = argparse.ArgumentParser(description=f"{name}: {asks}")
    parser.add_argument("--quick", action="store_true", help=f"{quick} cases instead of {count}")
    parser.add_argument("--count", type=int, help="another number of cases")
    parser.add_argument("--seconds", type=float, default=seconds, help="end after this time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, nargs="?", const=REPORTS / f"{name}.json", help="write the report")
    given = parser.parse_args()
    cases = given.count or (quick if given.quick else count)
    options = Options(count=cases, seed=given.seed, seconds=given.seconds, quick=given.quick)
    tally = run(options)
    seconds = time.monotonic() - options.begun
    ends = ", ".join(f"{number} {outcome}" for outcome, number in sorted(tally.outcomes.items()))
    print("| campaign | tried | how they ended | faults | seconds |", "|---|---:|---|---:|---:|", sep="\n")
    print(f"| {name} | {tally.tried} | {ends} | {len(tally.faults)} | {seconds:.0f} |")
    print(*tally.notes, *tally.faults[:_SHOWN], sep="\n")
    if given.json:
        report = {
            "campaign": name, "asks": asks, "full": count * each, "tried": tally.tried,
            "outcomes": dict(tally.outcomes), "faults": tally.faults[:_SHOWN], "notes": tally.notes,
            "seconds": round(seconds, 1), "seed": given.seed, "hardware": hardware(), "commit": commit(),
        }  # fmt: skip
        atomic_write(given.json, json.dumps(report, indent=1).encode())
    sys.exit(1 if tally.faults or not tally.tried else 0)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a child ended: its JSON result, or the signal that ended it; CPU seconds and the memory it grew by."""

    result: Any = None
    died: str = ""
    cpu_s: float = 0.0
    grown_mb: float = 0.0


def in_child(call: Callable[[], Any], *, seconds: float = 60.0) -> Ended:
    """Runs a call in a copy of this process, which may crash or hang; ``seconds`` of CPU time at most."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        status = 1
        try:
            os.close(reader)
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1))
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            result = call()
            used = resource.getrusage(resource.RUSAGE_SELF)
            facts = {"result": result, "grown_mb": (used.ru_maxrss - before) / 1024}
            with os.fdopen(writer, "w") as file:
                json.dump(facts, file)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    _, status, used = os.wait4(process, 0)
    cpu_s = used.ru_utime + used.ru_stime
    if os.WIFSIGNALED(status):
        return Ended(died=signal.Signals(os.WTERMSIG(status)).name, cpu_s=cpu_s)
    return Ended(**json.loads(text), cpu_s=cpu_s) if text else Ended(died="an exception", cpu_s=cpu_s)


def resident_mb() -> float:
    """The memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
