"""What a worker of a cluster does with a trial: restore, train in a folder of its machine, publish checkpoints."""

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from hondo.core.text_file import load_object
from hondo.fleet.store.attempts import Attempt, Attempts
from hondo.fleet.trials.ray_storage import storage_of
from hondo.recipes.search.run_trial import OnValue, run_trial
from hondo.recipes.search.trial import Trial
from hondo.recipes.search.trial_log import Outcome

SCRATCH = "HONDO_SCRATCH"  # environment variable: a folder on the machine's own disk


def run_on_worker(trial: Trial, on_value: OnValue, *, root: str, by: str, use_gpu: bool = False) -> Outcome:
    """A trial in this process, or in several that Ray Train starts. ``root``: the store of the study."""
    if trial.train and trial.recipe.fabric.devices > 1:
        return run_on_several(trial, on_value, root=root, by=by, use_gpu=use_gpu)
    return run_attempt(trial, on_value, root=root, by=by)


def run_attempt(
    trial: Trial,
    on_value: OnValue,
    *,
    root: str,
    by: str,
    number: int | None = None,
    after_checkpoint: Callable[[int], None] = lambda step: None,
) -> Outcome:
    """The outcome of a trial, from its newest checkpoint on the store ``root``; its run folder lies there when it ends.

    ``number``: of the attempt that another process has claimed, of which this is one of several; None: claims one.
    ``after_checkpoint`` is told the step of each checkpoint once it is on the store.
    """
    attempts = Attempts(root, trial.hash)
    attempt = attempts.claim() if number is None else Attempt(attempts, number)
    is_first = os.environ.get("RANK", "0") == "0" or number is None
    with tempfile.TemporaryDirectory(prefix="hondo-trial-", dir=os.environ.get(SCRATCH)) as scratch:
        run_folder = Path(scratch) / "runs" / trial.hash
        if trial.train:
            attempt.restore(run_folder)

        def on_checkpoint(step: int) -> None:
            if is_first:
                attempt.publish(run_folder, step=step)
                after_checkpoint(step)

        outcome = run_trial(trial, on_value, folder=Path(scratch), by=by, on_checkpoint=on_checkpoint)
        if is_first and outcome.state == "finished":
            attempt.finish(run_folder)
    return replace(outcome, attempt=attempt.number)


def run_on_several(trial: Trial, on_value: OnValue, *, root: str, by: str, use_gpu: bool = False) -> Outcome:
    """A trial of ``fabric.devices`` processes, which Ray Train starts: each runs hondo's own loop as one rank.

    Validations are not reported to the study: such a trial is not stopped early.
    """
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    attempts = Attempts(root, trial.hash)
    attempt = attempts.claim()
    trainer = TorchTrainer(
        _rank,
        train_loop_config={"trial": trial, "root": root, "by": by, "number": attempt.number},
        torch_config=TorchConfig(backend="nccl" if use_gpu else "gloo"),
        scaling_config=ScalingConfig(
            num_workers=trial.recipe.fabric.devices, use_gpu=use_gpu, placement_strategy="STRICT_PACK"
        ),
        run_config=RunConfig(
            name=f"train-{trial.hash}-{attempt.number}", failure_config=FailureConfig(0), **storage_of(root)
        ),
    )
    trainer.fit()
    name = _outcome_name(trial, attempt.number)
    return Outcome(**load_object(attempts.store.read(name), name=name))


def _rank(config: dict) -> None:
    """One rank: Fabric reads rank and world size as from torchrun, and joins the process group that Ray has made."""
    import ray.train

    os.environ.setdefault("TORCHELASTIC_RUN_ID", config["trial"].hash)
    trial, number = config["trial"], config["number"]
    outcome = run_attempt(trial, lambda trial, value: False, root=config["root"], by=config["by"], number=number)
    if os.environ["RANK"] == "0":
        text = json.dumps(asdict(outcome))
        Attempts(config["root"], trial.hash).store.write(_outcome_name(trial, number), text.encode())
    ray.train.report({"ended": 1})


def _outcome_name(trial: Trial, number: int) -> str:
    return f"attempts/{trial.hash}/A{number:04d}-outcome.txt"
