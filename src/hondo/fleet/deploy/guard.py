"""The guard of a fleet: ends it when it was idle for long, or when its budget is spent.

Run as a module. On the head of a cloud fleet it makes the file ``over``, upon which the machine turns itself off; of a
local fleet it ends the processes.
"""

import argparse
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

EVERY_S = 5.0
CLIENT_PORT = 10001
ESTABLISHED = "01"  # in /proc/net/tcp


def watch(
    *,
    is_busy: Callable[[], bool],
    idle_s: float,
    budget_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Returns when the fleet shall end: "idle" after ``idle_s`` without work, "budget" after ``budget_s``."""
    began = busy_at = clock()
    while True:
        now = clock()
        if is_busy():
            busy_at = now
        if now - began >= budget_s:
            return "budget"
        if now - busy_at >= idle_s:
            return "idle"
        sleep(min(EVERY_S, idle_s / 4))


def has_work(jobs: Path, *, port: int = CLIENT_PORT, connections: Path = Path("/proc/net/tcp")) -> bool:
    """Whether a submitted command runs on this machine, or a client holds a connection to Ray's client port."""
    from hondo.fleet.deploy.jobs import read_jobs

    if any(job.is_running for job in read_jobs(jobs)):
        return True
    with suppress(OSError):
        for line in connections.read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if state == ESTABLISHED and int(local.rpartition(":")[2], 16) == port:
                return True
    return False


def main(arguments: list[str] | None = None) -> None:
    from hondo.core.cache import cache_folder
    from hondo.fleet.cluster.loopback import end_cluster, read_cluster
    from hondo.fleet.deploy.jobs import end_jobs

    parser = argparse.ArgumentParser(description="Ends a fleet that is idle or has spent its budget.")
    parser.add_argument("--idle-minutes", type=float, required=True)
    parser.add_argument("--hours", type=float, default=float("inf"))
    parser.add_argument("--jobs", type=Path, default=cache_folder("fleet", "jobs"))
    parser.add_argument("--over", type=Path)
    parser.add_argument("--cluster", type=Path)
    given = parser.parse_args(arguments)
    reason = watch(is_busy=lambda: has_work(given.jobs), idle_s=60 * given.idle_minutes, budget_s=3600 * given.hours)
    print(f"the fleet ends: {reason}", flush=True)
    if given.over is not None:
        given.over.touch()
    if given.cluster is not None and given.cluster.is_file():
        end_jobs(given.jobs)
        end_cluster(read_cluster(given.cluster))
        given.cluster.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
