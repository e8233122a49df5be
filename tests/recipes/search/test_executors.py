"""Trials in this process and in others; a process that dies fails its trial alone."""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from hondo.recipes.search.executors import run_here, run_in_processes
from hondo.recipes.search.strategies import grid
from tests.recipes.search.fake_trials import fake_study, fake_work

ROOT = Path(__file__).resolve().parents[3]


def trials():
    return grid(fake_study(), []).trials()


def test_two_workers_share_the_trials_and_run_none_twice() -> None:
    told = []

    def on_value(trial, value):
        told.append(value)
        return trial.factors["lr"] == "0.0006"

    found = list(run_in_processes(trials(), fake_work, on_value, workers=2))
    by_lr = {outcome.factors["lr"]: outcome for outcome in found}
    assert len(found) == len(by_lr) == 6
    assert by_lr["0.0003"].state == "failed" and "exit code 3" in by_lr["0.0003"].error
    assert by_lr["0.0004"].error == "no good" and by_lr["0.0006"].state == "pruned"
    assert all(by_lr[lr].state == "finished" for lr in ("0.0001", "0.0002", "0.0005"))
    assert len(told) == 11  # the pruned one ends at its first


def test_here_is_the_same_without_processes() -> None:
    some = (trial for trial in trials() if trial.factors["lr"] != "0.0003")
    states = [outcome.state for outcome in run_here(some, fake_work, lambda trial, value: False)]
    assert states == ["finished", "finished", "failed", "finished", "finished"]


def test_a_study_that_is_stopped_leaves_no_process() -> None:
    running = run_in_processes(trials(), partial(fake_work), lambda trial, value: False, workers=2)
    next(running)
    running.close()


KILLED = """
from hondo.recipes.search.executors import run_in_processes
from tests.recipes.search.fake_trials import fake_study, slow_work
from hondo.recipes.search.strategies import grid
if __name__ == "__main__":
    for outcome in run_in_processes(grid(fake_study(), []).trials(), slow_work, lambda trial, value: False, workers=2):
        print(int(outcome.results["pid"]), flush=True)
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_workers_end_with_a_study_that_is_killed(tmp_path) -> None:
    script = tmp_path / "study.py"
    script.write_text(KILLED)
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    study = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": paths})
    assert study.stdout is not None
    workers = {int(study.stdout.readline()) for _ in range(2)}
    study.kill()
    study.wait()
    study.stdout.close()
    end = time.monotonic() + 20
    while any(map(is_alive, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(is_alive, workers))
