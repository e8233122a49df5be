"""What is shown of a study that runs."""

import io
import json
import time

import pytest
from rich.console import Console

from hondo.core.errors import HondoError
from hondo.recipes.search.strategies import grid
from hondo.recipes.search.trial_log import TrialLog
from hondo.recipes.search.watch_study import read_progress, watch_study
from tests.recipes.search.fake_trials import fake_study, outcome_of


def test_running_best_and_time_left(tmp_path) -> None:
    study = fake_study()
    trials = list(grid(study, []).trials())
    (tmp_path / "study.json").write_text(study.to_json())
    for trial in trials[:2]:
        TrialLog(tmp_path).append(outcome_of(trial))
    running = {trials[2].hash: {"factors": trials[2].factors, "since": time.time() - 60}}
    (tmp_path / "running.json").write_text(json.dumps({"total": 6, "workers": 2, "running": running}))
    watched = read_progress(tmp_path)
    assert watched.left_s == 2.0 and watched.best[0].factors == {"lr": "0.0001"}
    text = io.StringIO()
    watch_study(tmp_path, once=True, console=Console(file=text, width=100))
    assert "2 finished of 6" in text.getvalue() and "runs" in text.getvalue() and "0.0003" in text.getvalue()
    watch_study(tmp_path, once=True, console=Console(file=text, width=120), hourly_price=36.0)
    assert "cost 0.62 of about 0.66" in text.getvalue()  # 62 s, and 2 s of two workers
    (tmp_path / "running.json").unlink()
    watch_study(tmp_path, console=Console(file=text, width=100))
    assert "nothing runs" in text.getvalue()


def test_a_folder_without_a_study(tmp_path) -> None:
    with pytest.raises(HondoError, match="is no folder of a study"):
        read_progress(tmp_path)
