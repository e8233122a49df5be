"""Trials in this process and in others; a process that dies fails its trial alone."""

from functools import partial

from hondo.recipes.search.executors import run_here, run_in_processes
from hondo.recipes.search.strategies import grid
from tests.recipes.search.fake_trials import fake_study, fake_work


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
