"""A run read from its folder, whole or cut off, and what two runs differ in."""

import json
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.train.loggers.run_records import differences, find_runs, read_run


def written(folder: Path, *, lr: float = 0.1, steps: int = 4, report: bool = True, tail: str = "") -> Path:
    folder.mkdir(parents=True)
    recipe = {"name": "video", "optim": {"lr": lr, "max_steps": 4, "max_seconds": None}, "seed": 0}
    (folder / "recipe.json").write_text(json.dumps(recipe))
    records = [{"step": step, "loss": 1 / step, "note": "x"} for step in range(1, steps + 1)]
    records.insert(1, {"step": 1, "val_abs_rel": 0.2})
    records.append({"step": steps, "val_abs_rel": 0.3})
    (folder / "metrics.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records) + tail)
    if report:
        (folder / "report.md").write_text("report")
    return folder


def test_the_last_numbers_and_the_best(tmp_path: Path) -> None:
    found = read_run(written(tmp_path / "a"))
    assert found.state == "finished" and found.recipe == "video" and found.config["optim.lr"] == 0.1
    assert found.last == {"step": 4, "loss": 0.25, "val_abs_rel": 0.3} and found.best["val_abs_rel"] == 0.2


def test_a_run_that_was_killed(tmp_path: Path) -> None:
    found = read_run(written(tmp_path / "a", steps=2, report=False, tail='{"step": 3, "lo'))
    assert found.state == "step 2 of 4" and found.last["loss"] == 0.5
    (tmp_path / "a" / "metrics.jsonl").unlink()
    assert read_run(tmp_path / "a").state == "step 0 of 4"


def test_runs_below_a_folder_and_their_differences(tmp_path: Path) -> None:
    written(tmp_path / "x" / "a"), written(tmp_path / "b", lr=0.2)
    first, second = sorted(find_runs(tmp_path), key=lambda run: run.path.name)
    assert differences(first, second) == {"optim.lr": (0.1, 0.2)} and differences(first, first) == {}


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(HondoError, match="is no run folder"):
        read_run(tmp_path)
    with pytest.raises(HondoError, match="is no folder"):
        find_runs(tmp_path / "nowhere")
