"""A trial trains and measures; errors and pruning are outcomes, and a run that was cut off continues."""

from dataclasses import replace

import pytest

from hondo.data.datasets.dataset_configs import SyntheticData
from hondo.recipes import pipeline
from hondo.recipes.recipe import EvaluateConfig
from hondo.recipes.search.run_trial import run_trial
from hondo.recipes.search.search_space import SpeedConfig
from hondo.recipes.search.trial import Trial, with_field
from hondo.recipes.tiny_recipes import dpt_kitti_tiny

SET = {
    "optim.max_steps": 2, "data.length": 4, "loop.validate_every": 1, "loop.show_progress": False,
    "evaluate": EvaluateConfig(data=SyntheticData(length=2, seed=5, size_hw=(64, 96))),
}  # fmt: skip


def tiny(**changes) -> Trial:
    trial = Trial(recipe=dpt_kitti_tiny(), speed=SpeedConfig(runs=2), factors={"a": "b"})
    for path, value in (SET | changes).items():
        trial = with_field(trial, path, value)
    return trial


def never(trial: Trial, value: float) -> bool:
    return False


@pytest.mark.slow
def test_it_trains_measures_and_reports_validations(tmp_path) -> None:
    trial = tiny()
    found = run_trial(trial, never, folder=tmp_path, by="abs_rel")
    assert found.state == "finished" and found.hash == trial.hash, found.error
    assert found.values[-1] == found.results["abs_rel"] and len(found.values) == 2
    assert found.results["steps"] == 2 and found.results["fps"] > 0
    report = tmp_path / "runs" / trial.hash / "report.md"
    report.unlink()  # as if it was killed just before its end
    again = run_trial(trial, never, folder=tmp_path, by="abs_rel")
    assert again.state == "finished" and again.results["abs_rel"] == pytest.approx(found.results["abs_rel"])
    pruned = run_trial(tiny(seed=1), lambda trial, value: True, folder=tmp_path, by="abs_rel")
    assert pruned.state == "pruned" and len(pruned.values) == 1 and not pruned.results


def test_pruned(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(recipe, *, out, resume, on_validation, on_checkpoint):
        for value in (3.0, 2.0, 1.0):
            on_validation({"abs_rel": value, "rmse": 9.0})
        raise AssertionError("it was stopped at its second validation")

    monkeypatch.setattr(pipeline, "run", run)
    found = run_trial(replace(tiny(), speed=None), lambda trial, value: value < 3, folder=tmp_path, by="abs_rel")
    assert found.state == "pruned" and found.values == [3.0, 2.0] and not found.results


def test_an_error_is_an_outcome(tmp_path) -> None:
    wrong = replace(tiny(**{"model.options.num_heads": 5}), train=False)
    found = run_trial(wrong, never, folder=tmp_path, by="abs_rel")
    assert found.state == "failed" and "heads" in found.error and "\n" not in found.error
