"""A study on Ray: hondo's own strategies, OptunaSearch with ASHA, lost workers, and the same folder without Ray."""

import os
from functools import partial
from pathlib import Path

import pytest

from hondo.recipes.search.run_study import run_study
from hondo.recipes.search.trial_log import TrialLog
from tests.recipes.search.fake_trials import fake_study, fake_work, interval_study, outcome_of

pytest.importorskip("ray", reason="the extra fleet is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ray_here():
    from hondo.fleet.cluster.connect import connected

    with connected("local", workers=2):
        yield


def on_tune(study, out: Path, **options):
    from hondo.fleet.trials.tune_executor import TunePlaces, run_in_tune

    places = TunePlaces(root=str(out), workers=2, max_lost=1)
    execute = partial(run_in_tune, study=study, places=places)
    return run_study(study, out=out, workers=2, execute=execute, work=fake_work, **options)


def test_every_trial_ends_once(ray_here, tmp_path: Path) -> None:
    """The third rate kills its process each time, the fourth fails; all others end, also after an earlier run."""
    study = fake_study()
    before = next(iter(run_study(study, out=tmp_path, execute=first_alone).outcomes))
    found = on_tune(study, tmp_path)
    states = [outcome.state for outcome in found.outcomes]
    assert sorted(states) == ["failed", "failed", "finished", "finished", "finished", "finished"]
    assert len(TrialLog(tmp_path).path.read_text().splitlines()) == 6 and before in found.outcomes
    errors = {outcome.factors["lr"]: outcome.error for outcome in found.failed}
    assert errors == {"0.0003": "its worker was lost 2 times", "0.0004": "no good"}
    assert not (tmp_path / ".tune").exists() and not (tmp_path / "running.json").exists()
    pids = {outcome.results["pid"] for outcome in found.outcomes if outcome.state == "finished"} - {
        before.results["pid"]
    }
    assert pids and float(os.getpid()) not in pids


def first_alone(trials, work, on_value):
    yield outcome_of(next(trials))


def test_optuna_suggests_and_asha_ends_early(ray_here, tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    from hondo.fleet.trials.tuned_search import TunedSearch

    study = interval_study(trials=8, strategy="tpe", name="tpe")
    states = [outcome.state for outcome in on_tune(study, tmp_path, plan=TunedSearch).outcomes]
    assert len(states) == 8 and {"finished", "pruned"} == set(states)
    again = on_tune(interval_study(trials=9, strategy="tpe", name="tpe"), tmp_path, plan=TunedSearch)
    assert len(again.outcomes) == 9
