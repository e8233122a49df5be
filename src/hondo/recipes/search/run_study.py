"""run_study: every trial of a study that has no outcome yet, each outcome on the disk at once, then the report."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from hondo.core.atomic import atomic_write, make_writable_folder
from hondo.core.errors import HondoError
from hondo.engines.base.engine import Use
from hondo.engines.registry import ENGINES
from hondo.models.registry.build_model import check_options
from hondo.models.registry.zoo import ZOO
from hondo.recipes.search.executors import Executor, run_here, run_in_processes
from hondo.recipes.search.run_trial import Work, run_trial
from hondo.recipes.search.search_space import Study
from hondo.recipes.search.strategies import STRATEGIES, Listed, Strategy
from hondo.recipes.search.study_report import LivePage, write_report
from hondo.recipes.search.trial import Trial
from hondo.recipes.search.trial_log import Outcome, TrialLog, check_out


@dataclass(frozen=True, kw_only=True)
class StudyRun:
    """What a study has come to."""

    outcomes: tuple[Outcome, ...]
    report: Path

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The trials that failed, now or before."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")


def run_study(
    study: Study,
    *,
    out: Path,
    workers: int = 1,
    retry: bool = False,
    execute: Executor | None = None,
    work: Work | None = None,
    plan: Callable[[Study, Sequence[Outcome]], Strategy] | None = None,
    on_outcome: Callable[[Outcome, int, int], None] = lambda outcome, done, total: None,
) -> StudyRun:
    """Runs what is missing in the folder ``out``. Ctrl-C keeps every finished trial; the same call continues.

    ``retry``: trials that failed run again. ``execute``: another place to run trials than ``workers`` processes, which
    does ``work`` with each. ``plan``: another strategy than that of the study's name. ``on_outcome`` is told each
    outcome, how many there are, and how many there will be.
    """
    if workers < 1:
        raise HondoError(f"workers must be at least 1, got {workers}", field="workers")
    out = make_writable_folder(out, field="out")
    check_out(out, name=study.name)
    lock = FileLock(out / ".lock")
    try:
        with lock.acquire(timeout=0):
            log = TrialLog(out)
            kept = [outcome for outcome in log.read() if not (retry and outcome.state == "failed")]
            strategy = (plan or STRATEGIES[study.strategy])(study, kept)
            progress = Progress(out, total=strategy.total, workers=workers)
            place = execute or _executor(workers)
            work = work or partial(run_trial, folder=out.absolute(), by=study.by)
            return _run_locked(
                study, log, strategy, progress, out=out, done=len(kept), tell=on_outcome,
                execute=lambda trials: place(trials, work, strategy.should_stop),
            )  # fmt: skip
    except Timeout as error:
        raise HondoError(f"out {out}: another process runs this study; wait for it", field="out") from error


def _executor(workers: int) -> Executor:
    return run_here if workers == 1 else partial(run_in_processes, workers=workers)


def _run_locked(
    study: Study,
    log: TrialLog,
    strategy: Strategy,
    progress: "Progress",
    *,
    out: Path,
    execute: Callable[[Iterator[Trial]], Iterator[Outcome]],
    done: int,
    tell: Callable[[Outcome, int, int], None],
) -> StudyRun:
    trials, page = _checked(strategy), LivePage(study, out)
    atomic_write(out / "study.json", study.to_json().encode())
    try:
        for outcome in execute(map(progress.begun, trials)):
            log.append(outcome)
            strategy.tell(outcome)
            progress.ended(outcome)
            done += 1
            tell(outcome, done, strategy.total)
            page.update(log.read, total=strategy.total)
    finally:
        progress.close()
        report = write_report(study, log.read(), out)
    return StudyRun(outcomes=tuple(log.read()), report=report)


def _checked(strategy: Strategy) -> Iterator[Trial]:
    """The trials, each refused if its model has no such option, or its engine no such precision: listed ones before the
    first of them runs.
    """

    def check(trial: Trial) -> Trial:
        if trial.recipe.model.name in ZOO:
            check_options(trial.recipe.model.name, trial.recipe.model.options)
        if (speed := trial.speed) is not None:
            ENGINES[speed.engine].check(Use(precision=speed.precision, device=speed.device))
        return trial

    checked = map(check, strategy.trials())
    return iter(list(checked)) if isinstance(strategy, Listed) else checked


class Progress:
    """running.json: which trials run now and since when, for those who watch; gone when nothing runs."""

    def __init__(self, folder: Path, *, total: int, workers: int) -> None:
        self._path, self._stated = folder / "running.json", {"total": total, "workers": workers}
        self._running: dict[str, dict[str, object]] = {}

    def begun(self, trial: Trial) -> Trial:
        self._running[trial.hash] = {"factors": dict(trial.factors), "since": time.time()}
        self._write()
        return trial

    def ended(self, outcome: Outcome) -> None:
        self._running.pop(outcome.hash, None)
        self._write()

    def close(self) -> None:
        self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        atomic_write(self._path, json.dumps(self._stated | {"running": self._running}).encode())
