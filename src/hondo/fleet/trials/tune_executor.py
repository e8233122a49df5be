"""Trials on Ray Tune: an executor of studies. Tune places them, watches over them, and starts lost ones again.

Tune runs in a thread; whatever it asks (the next trial, whether one shall end) is answered where the study runs, so
that a study is only ever touched by one thread.
"""

import logging
import os
import queue
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from hondo.fleet.cluster.connect import require_ray
from hondo.fleet.trials.ray_storage import forget_storage, storage_of
from hondo.recipes.search.run_trial import OnValue, Work
from hondo.recipes.search.search_space import Study
from hondo.recipes.search.trial import Trial
from hondo.recipes.search.trial_log import Outcome

MAX_LOST = 8  # times that the worker of one trial may be lost
PATIENCE_S = 20.0  # for Tune to end when a study is stopped
EARLY_STOPPING = ("tpe", "asha")  # strategies whose trials ASHA ends
REDUCTION = 3  # of ASHA (Li et al. 2020): of three trials one goes on
# Tune keeps no state of its own for a study: trials.jsonl and the checkpoints on the store hold everything.
SETTINGS = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
    "TUNE_RESULT_BUFFER_LENGTH": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
}


@dataclass(frozen=True, kw_only=True)
class TunePlaces:
    """Where and how trials run on the cluster. ``root``: the store of the study, a folder or URL all machines see."""

    root: str
    workers: int
    gpus: float = 0.0  # of a trial's process
    cpus: float = 1.0
    max_lost: int = MAX_LOST


def run_in_tune(
    trials: Iterator[Trial], work: Work, on_value: OnValue, *, study: Study, places: TunePlaces
) -> Iterator[Outcome]:
    """Trials on the cluster that Ray is connected to, each with ``work``, which is sent there."""
    require_ray()
    desk = _Desk()
    tuner = threading.Thread(target=_run_tuner, args=(study, work, places, desk), name="hondo-tune", daemon=True)
    tuner.start()
    try:
        while True:
            question = desk.asked.get()
            if question.kind == "end":
                if question.error is not None:
                    raise question.error
                return
            if question.kind == "outcome":
                assert question.outcome is not None
                yield question.outcome
            elif question.kind == "next":
                question.answer(next(trials, None))
            else:
                assert question.trial is not None
                question.answer(on_value(question.trial, question.value))
    finally:
        desk.stopping.set()
        _refuse(desk, tuner)
        forget_storage(places.root)


def _refuse(desk: "_Desk", tuner: threading.Thread) -> None:
    """Answers what Tune still asks while it ends: nothing more to do."""
    for _ in range(int(PATIENCE_S / 0.1)):
        if not tuner.is_alive():
            return
        try:
            question = desk.asked.get(timeout=0.1)
        except queue.Empty:
            continue
        question.answer(None if question.kind == "next" else True)


@dataclass(kw_only=True)
class _Question:
    """What Tune's thread wants of the study: the next trial, a decision, or to hand over an outcome."""

    kind: str
    trial: Trial | None = None
    value: float = 0.0
    outcome: Outcome | None = None
    error: BaseException | None = None
    _answer: "queue.Queue[Any]" = field(default_factory=lambda: queue.Queue(1))

    def answer(self, value: Any) -> None:
        self._answer.put(value)

    def wait(self) -> Any:
        return self._answer.get()


class _Desk:
    """Where Tune's thread leaves its questions, and reads whether the study stops."""

    def __init__(self) -> None:
        self.asked: queue.Queue[_Question] = queue.Queue()
        self.stopping = threading.Event()

    def ask(self, question: _Question) -> Any:
        """The answer of the study's thread."""
        self.asked.put(question)
        return question.wait()

    def __reduce__(self) -> Any:
        return _Desk, ()  # Tune stores its parts for a restore that hondo does not use


def _run_tuner(study: Study, work: Work, places: TunePlaces, desk: _Desk) -> None:
    error: BaseException | None = None
    try:
        _tuner(study, work, places, desk).fit()
    except BaseException as reason:
        error = reason
    desk.asked.put(_Question(kind="end", error=error))


def _tuner(study: Study, work: Work, places: TunePlaces, desk: _Desk) -> Any:
    os.environ.update(SETTINGS)
    from ray import tune

    for name in ("ray.tune", "ray.air", "ray.train"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # a lost worker is started again and is no error yet

    devices = study.recipe.fabric.devices
    train: Any = tune.with_parameters(_train, work=work)
    need = {"cpu": 0.0 if devices > 1 else places.cpus} | ({"gpu": places.gpus} if places.gpus and devices == 1 else {})
    return tune.Tuner(
        tune.with_resources(train, need),
        tune_config=tune.TuneConfig(
            search_alg=_handed_over(desk),
            scheduler=_scheduler(study, desk),
            num_samples=-1,
            max_concurrent_trials=places.workers,
            reuse_actors=True,  # a process imports torch once
            trial_name_creator=lambda trial: trial.config["trial"].hash,
            trial_dirname_creator=lambda trial: trial.config["trial"].hash,
        ),
        run_config=tune.RunConfig(
            name="tune",
            **storage_of(places.root),
            failure_config=tune.FailureConfig(max_failures=places.max_lost),
            stop=_stopper(desk),
            callbacks=[_outcomes(desk)],
            verbose=0,
        ),
    )


def _train(config: dict[str, Any], *, work: Work) -> None:
    """Runs on a worker; what it reports last is the outcome."""
    from ray import tune

    def on_value(trial: Trial, value: float) -> bool:
        tune.report({"value": value})  # does not return where the trial is stopped
        return False

    tune.report({"outcome": asdict(work(config["trial"], on_value))})


def _handed_over(desk: _Desk) -> Any:
    """A search algorithm of Tune that takes trials from the study."""
    from ray.tune.search import Searcher

    class HandedOver(Searcher):
        def suggest(self, trial_id: str) -> Any:
            trial = None if desk.stopping.is_set() else desk.ask(_Question(kind="next"))
            return Searcher.FINISHED if trial is None else {"trial": trial}

        def on_trial_complete(self, trial_id: str, result: Any = None, error: bool = False) -> None:
            return None

        def set_search_properties(self, metric: Any, mode: Any, config: Any, **spec: Any) -> bool:
            return True

        def save(self, checkpoint_path: str) -> None:
            return None

        def restore(self, checkpoint_path: str) -> None:
            return None

    return HandedOver()


def _scheduler(study: Study, desk: _Desk) -> Any:
    """ASHA where trials are drawn; else the study itself says whether a trial ends early."""
    from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, TrialScheduler

    if study.strategy in EARLY_STOPPING:
        mode = "max" if study.is_higher_better else "min"
        return ASHAScheduler(metric="value", mode=mode, max_t=10**6, grace_period=1, reduction_factor=REDUCTION)

    class AsTheStudySays(FIFOScheduler):
        def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
            if "outcome" in result or "value" not in result:
                return TrialScheduler.CONTINUE
            is_over = desk.ask(_Question(kind="value", trial=trial.config["trial"], value=result["value"]))
            return TrialScheduler.STOP if is_over else TrialScheduler.CONTINUE

    return AsTheStudySays()


def _stopper(desk: _Desk) -> Any:
    from ray.tune import Stopper

    class WhenTheStudyStops(Stopper):
        def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
            return False

        def stop_all(self) -> bool:
            return desk.stopping.is_set()

    return WhenTheStudyStops()


def _outcomes(desk: _Desk) -> Any:
    """A callback of Tune that hands over how each trial ended."""
    from ray.tune import Callback

    values: dict[str, list[float]] = {}

    class Outcomes(Callback):
        def on_trial_result(
            self, iteration: int, trials: list, trial: Any, result: dict[str, Any], **info: Any
        ) -> None:
            if "outcome" not in result and "value" in result:
                values.setdefault(trial.trial_id, []).append(result["value"])

        def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
            result = trial.last_result or {}
            told = Outcome(**result["outcome"]) if "outcome" in result else _ended_early(trial, values)
            desk.asked.put(_Question(kind="outcome", outcome=told))

        def on_trial_error(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
            error = f"its worker was lost {trial.num_failures} times"
            desk.asked.put(_Question(kind="outcome", outcome=_outcome_of(trial, state="failed", error=error)))

    return Outcomes()


def _ended_early(trial: Any, values: dict[str, list[float]]) -> Outcome:
    return _outcome_of(trial, state="pruned", values=tuple(values.get(trial.trial_id, ())))


def _outcome_of(trial: Any, **facts: Any) -> Outcome:
    stated: Trial = trial.config["trial"]
    seconds = float((trial.last_result or {}).get("time_total_s", 0.0))
    return Outcome(
        hash=stated.hash, factors=stated.factors, recipe=asdict(stated.recipe), seconds=round(seconds, 3), **facts
    )
