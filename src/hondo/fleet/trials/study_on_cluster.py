"""run_study_on: a study on a Ray cluster, or on this machine's own Ray; the same call goes on where one was cut off."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from hondo.core.atomic import atomic_write
from hondo.data.streaming.shards import is_url
from hondo.fleet.cluster.connect import cluster_gpus, connected, is_client_address, require_ray
from hondo.fleet.store.attempts import Attempts
from hondo.fleet.store.mirror import mirror_of, push, study_folder
from hondo.fleet.store.shared_store import open_store
from hondo.fleet.trials.run_attempt import run_on_worker
from hondo.fleet.trials.tune_executor import TunePlaces, run_in_tune
from hondo.fleet.trials.tuned_search import TunedSearch
from hondo.recipes.search.run_study import StudyRun, run_study
from hondo.recipes.search.run_trial import Work
from hondo.recipes.search.search_space import Study
from hondo.recipes.search.trial_log import Outcome, TrialLog

OnOutcome = Callable[[Outcome, int, int], None]
EVERY_S = 1.0  # in which a client asks the cluster for news


def run_study_on(
    address: str, study: Study, *, out: str, workers: int, retry: bool = False, on_outcome: OnOutcome
) -> StudyRun:
    """Runs what is missing of a study on the cluster at ``address``: local, auto, HOST:PORT or ray://HOST:PORT.

    ``out``: a folder that all machines of the cluster see, or an fsspec URL. ``workers``: trials at once.
    """
    out = out if is_url(out) else str(Path(out).absolute())
    with connected(address, workers=workers):
        if is_client_address(address):
            return _follow(study, out=out, workers=workers, retry=retry, on_outcome=on_outcome)
        return drive(study, out=out, workers=workers, retry=retry, on_outcome=on_outcome)


def drive(
    study: Study, *, out: str, workers: int, retry: bool, on_outcome: OnOutcome, work: Work | None = None
) -> StudyRun:
    """Runs the study from this process, which is part of the cluster. ``work``: in place of ``run_on_worker``."""

    def tell(outcome: Outcome, done: int, total: int) -> None:
        push(out, outcome)
        settle(out, outcome)
        on_outcome(outcome, done, total)

    gpus = 1.0 if cluster_gpus() and study.recipe.fabric.accelerator in ("auto", "cuda") else 0.0
    with study_folder(out) as folder:
        _settle_all(out, TrialLog(folder).read())
        return run_study(
            study,
            out=folder,
            workers=workers,
            retry=retry,
            execute=partial(run_in_tune, study=study, places=TunePlaces(root=out, workers=workers, gpus=gpus)),
            work=work or partial(run_on_worker, root=out, by=study.by, use_gpu=gpus > 0),
            plan=TunedSearch if study.strategy == "tpe" else None,
            on_outcome=tell,
        )


def settle(out: str, outcome: Outcome) -> None:
    """Puts the run folder of an outcome in its place, and removes what its attempts have left."""
    Attempts(out, outcome.hash).accept(outcome.attempt)


def _settle_all(out: str, outcomes: Sequence[Outcome]) -> None:
    """Does what a driver that was killed between an outcome and its run folder has left."""
    unsettled = {name.split("/")[1] for name in open_store(out).names("attempts") if name.endswith(".tar")}
    for outcome in outcomes:
        if outcome.hash in unsettled:
            settle(out, outcome)


@dataclass(frozen=True, kw_only=True)
class _News:
    """What has come out on the cluster since it was asked last."""

    outcomes: tuple[tuple[Outcome, int, int], ...]
    report: bytes | None  # report.md, once the study is over


class _Driver:
    """An actor on the cluster that runs the study there for a client."""

    def __init__(self) -> None:
        self._told: list[tuple[Outcome, int, int]] = []
        self._report: bytes | None = None

    def run(self, study: Study, *, out: str, workers: int, retry: bool) -> tuple[Outcome, ...]:
        found = drive(study, out=out, workers=workers, retry=retry, on_outcome=self._tell)
        self._report = found.report.read_bytes()
        return found.outcomes

    def news(self, known: int) -> _News:
        return _News(outcomes=tuple(self._told[known:]), report=self._report)

    def _tell(self, outcome: Outcome, done: int, total: int) -> None:
        self._told.append((outcome, done, total))


def _follow(study: Study, *, out: str, workers: int, retry: bool, on_outcome: OnOutcome) -> StudyRun:
    """Has the study run by an actor on the cluster, and tells what it tells."""
    ray = require_ray()
    driver: Any = ray.remote(num_cpus=0, max_concurrency=2)(_Driver).remote()
    running, known = driver.run.remote(replace(study), out=out, workers=workers, retry=retry), 0
    while True:
        ended, _ = ray.wait([running], timeout=EVERY_S)
        news: _News = ray.get(driver.news.remote(known))
        for each in news.outcomes:
            on_outcome(*each)
        known += len(news.outcomes)
        if ended:
            outcomes = ray.get(running)
            report = mirror_of(out) / f"report-{int(time.time())}.md"
            atomic_write(report, news.report or b"")
            return StudyRun(outcomes=outcomes, report=report)
