"""run_trial: what a trial comes to, a pure function of it (and of the machine, where speed is measured)."""

import math
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from hondo.core.errors import HondoError, reason_of
from hondo.core.processor import hardware
from hondo.core.report import commit
from hondo.recipes.search.trial import Trial
from hondo.recipes.search.trial_log import Outcome

# Told the value of each validation; True: the trial shall end.
OnValue = Callable[[Trial, float], bool]
Work = Callable[[Trial, OnValue], Outcome]


class PrunedError(Exception):
    """A trial that is worse than others at its step."""


def run_trial(
    trial: Trial, on_value: OnValue, *, folder: Path, by: str, on_checkpoint: Callable[[int], None] | None = None
) -> Outcome:
    """Trains and measures as the trial says. An error is an outcome too; Ctrl-C is not, and the trial runs again.

    ``folder``: of the study; a run that was cut off continues. ``by``: the metric that ``on_value`` is told.
    ``on_checkpoint`` is told the step of each checkpoint.
    """
    began, values = time.perf_counter(), []
    state, results, error = "finished", dict[str, float](), ""

    def on_validation(metrics: Mapping[str, float]) -> None:
        if by in metrics:
            values.append(metrics[by])
            if on_value(trial, metrics[by]):
                raise PrunedError

    try:
        results = _results(trial, folder / "runs" / trial.hash, on_validation, on_checkpoint)
        wrong = sorted(name for name, value in results.items() if not math.isfinite(value))
        if wrong:
            state, error = "failed", f"not finite: {', '.join(wrong)}"
    except PrunedError:
        state = "pruned"
    except Exception as reason:  # whatever a model or an engine raises: the other trials go on
        state, error = "failed", f"{type(reason).__name__}: {reason_of(reason)}"[:500]
        if isinstance(reason, HondoError):
            error = reason_of(reason)[:500]
    return Outcome(
        hash=trial.hash,
        state=state,
        factors=trial.factors,
        results=results if state == "finished" else {},
        values=values,
        error=error,
        seconds=round(time.perf_counter() - began, 3),
        recipe=asdict(trial.recipe),
        commit=commit(),
        hardware=hardware(),
    )


def _results(
    trial: Trial,
    run_folder: Path,
    on_validation: Callable[[Mapping[str, float]], None],
    on_checkpoint: Callable[[int], None] | None,
) -> dict[str, float]:
    from hondo.recipes.search.trial_speed import measure_speed

    results, model = {}, None
    if trial.train:
        from hondo.recipes.pipeline import run
        from hondo.train.loop.checkpoint import RunFolder

        is_cut_off = RunFolder(run_folder).is_started and not RunFolder(run_folder).report.exists()
        if not is_cut_off and run_folder.exists():
            shutil.rmtree(run_folder)  # of a trial that failed, or ended without its line: made again
        told = {"on_validation": on_validation, "on_checkpoint": on_checkpoint}
        trained = run(trial.recipe, out=run_folder, resume=is_cut_off, **told)
        results, model = {row.name: row.value for row in trained.report.rows}, trained.model
    if trial.speed is not None:
        results |= measure_speed(trial.recipe, trial.speed, model=model)
    return results
