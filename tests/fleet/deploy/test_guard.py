"""The guard ends a fleet that is idle or has spent its budget, and no other."""

import sys
import time
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.fleet.deploy.guard import CLIENT_PORT, has_work, watch
from hondo.fleet.deploy.jobs import end_jobs, log_of, read_jobs, start_job

pytest.importorskip("psutil", reason="the extra fleet is not installed")


class Clock:
    """Time that passes by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("busy_until", "idle_s", "budget_s", "reason", "at"),
    [(50, 30, 1000, "idle", 80), (10_000, 30, 200, "budget", 200), (0, 30, 1000, "idle", 30)],
)
def test_when_it_ends(busy_until: float, idle_s: float, budget_s: float, reason: str, at: float) -> None:
    clock = Clock()
    found = watch(
        is_busy=lambda: clock.now < 100 + busy_until, idle_s=idle_s, budget_s=budget_s, clock=clock, sleep=clock.sleep
    )
    assert found == reason and clock.now - 100 == pytest.approx(at, abs=6)


def test_what_counts_as_work(tmp_path: Path) -> None:
    jobs, connections = tmp_path / "jobs", tmp_path / "tcp"
    connections.write_text("head\n 0: 0100007F:1F90 00000000:0000 0A more\n")
    assert not has_work(jobs, connections=connections)
    connections.write_text(f"head\n 0: 0100007F:{CLIENT_PORT:04X} 0100007F:9999 01 more\n")
    assert has_work(jobs, connections=connections)
    connections.write_text("head\n")
    job = start_job(
        jobs, [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"], environment={}
    )
    assert has_work(jobs, connections=connections) and read_jobs(jobs) == [job]
    while "here" not in log_of(jobs, None):
        time.sleep(0.02)
    end_jobs(jobs)
    assert not has_work(jobs, connections=connections)
    with pytest.raises(HondoError, match="job 7: there is none; jobs: 1"):
        log_of(jobs, 7)
    with pytest.raises(HondoError, match="nothing was submitted"):
        log_of(tmp_path / "none", None)
