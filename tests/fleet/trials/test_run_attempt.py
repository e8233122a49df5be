"""What a worker does with a trial: it resumes where another attempt was cut off, in one process or in several."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from hondo.fleet.store.attempts import Attempts
from hondo.fleet.trials.run_attempt import run_attempt, run_on_worker
from hondo.recipes.search.search_space import Factor, Level, Study
from hondo.recipes.search.trial import Trial
from hondo.recipes.search.trial_log import TrialLog
from hondo.recipes.tiny_recipes import dpt_kitti_tiny


def tiny(*, steps: int = 4, devices: int = 1) -> Trial:
    base = dpt_kitti_tiny()
    strategy = {"devices": devices, "accelerator": "cpu", "strategy": "ddp" if devices > 1 else "auto"}
    recipe = replace(
        base,
        data=replace(base.data, length=4),
        batches=replace(base.batches, batch_size=2),
        optim=replace(base.optim, max_steps=steps, schedule="constant"),
        loop=replace(base.loop, checkpoint_every=2, log_every=2, show_progress=False),
        fabric=replace(base.fabric, **strategy),
    )
    return Trial(recipe=recipe, factors={"a": "b"})


def never(trial: Trial, value: float) -> bool:
    return False


class PowerCutError(BaseException):
    """The end of a worker, which no handler of errors sees."""


def hashes(root: Path, trial: Trial) -> dict[tuple[int, int], str]:
    return {(each.attempt, each.step): each.weights_sha256 for each in Attempts(str(root), trial.hash).records()}


def test_it_goes_on_where_another_attempt_was_cut_off(tmp_path: Path) -> None:
    trial = tiny()
    quiet = run_attempt(trial, never, root=str(tmp_path / "quiet"), by="loss")
    assert quiet.state == "finished" and quiet.attempt == 1, quiet.error
    truth = {step: value for (_, step), value in hashes(tmp_path / "quiet", trial).items()}
    assert sorted(truth) == [0, 2, 4]

    def cut(step: int) -> None:
        if step == 2:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        run_attempt(trial, never, root=str(tmp_path), by="loss", after_checkpoint=cut)
    again = run_attempt(trial, never, root=str(tmp_path), by="loss")
    assert again.state == "finished" and again.attempt == 2
    found = hashes(tmp_path, trial)
    assert sorted(found) == [(1, 0), (1, 2), (2, 4)]
    assert {step: value for (_, step), value in found.items()} == truth
    Attempts(str(tmp_path), trial.hash).accept(2)
    assert (tmp_path / "runs" / trial.hash / "report.md").is_file()


@pytest.mark.slow
def test_a_trial_of_two_processes(tmp_path: Path) -> None:
    """Tune -> driver -> TorchTrainer with two ranks of hondo's own loop, on gloo."""
    pytest.importorskip("ray", reason="the extra fleet is not installed")
    from hondo.fleet.cluster.connect import connected
    from hondo.fleet.trials.tune_executor import TunePlaces, run_in_tune
    from hondo.recipes.search.run_study import run_study

    level = Level(label="b", changes={"optim.lr": 1e-3})
    study = Study(name="two", recipe=tiny(devices=2).recipe, factors=(Factor(name="lr", levels=(level,)),), by="loss")
    with connected("local", workers=2):
        execute = partial(run_in_tune, study=study, places=TunePlaces(root=str(tmp_path), workers=1))
        work = partial(run_on_worker, root=str(tmp_path), by="loss")
        (outcome,) = run_study(study, out=tmp_path, execute=execute, work=work).outcomes
    assert outcome.state == "finished" and outcome.results["steps"] == 4, outcome.error
    assert outcome.results["images"] == 4 * 2 * 2 and len(TrialLog(tmp_path).read()) == 1
