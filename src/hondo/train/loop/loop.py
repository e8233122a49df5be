"""fit: trains an objective on batches, with logging, validation, checkpoints, and a clean stop on Ctrl-C."""

import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from torch import nn

from hondo.compress.held import held, settle
from hondo.core.errors import HondoError
from hondo.core.memory_errors import memory_errors_explained
from hondo.core.sample import Batch
from hondo.data.loading.batches import BatchSource
from hondo.train.loggers.registry import LOGGERS
from hondo.train.loggers.run_logger import RunFacts, RunLogger
from hondo.train.loggers.system_load import system_load
from hondo.train.loop.checkpoint import RunFolder, rng_state, set_rng_state
from hondo.train.loop.fabric import make_fabric
from hondo.train.loop.loop_config import FabricConfig, LoopConfig, OptimConfig
from hondo.train.loop.progress import LossWatch, Meter, Progress, make_progress
from hondo.train.loop.training import NotFiniteError, Training
from hondo.train.objectives.objective import Losses, Objective

if TYPE_CHECKING:
    from lightning.fabric import Fabric


LESS_MEMORY = "lower batches.batch_size (and raise optim.accumulate instead), or data.size_hw"
WATCHED = (50, 100, 200)  # steps after which Hooks.watch is called, and before the first
COUNTS = ("step", "seconds", "best", "loss", "validation")  # the state of the loop itself


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """What a run does when it has started (its state was taken, if resumed), and with its model at intervals: each
    function gets the averaged model in evaluation mode.
    """

    started: Callable[[], Any] | None = None
    export: Callable[[nn.Module, Path], Any] | None = None  # writes a checkpoint
    validate: Callable[[nn.Module], Mapping[str, float]] | None = None
    image: Callable[[nn.Module, Path], Any] | None = None  # writes a sample image
    watch: Callable[[Any, int], Any] | None = None  # looks at the objective early in a run: after WATCHED steps
    saved: Callable[[int], Any] | None = None  # is told the step of each checkpoint once its files are complete
    name: str = "run"  # of the recipe, for loggers
    config: Mapping[str, Any] = field(default_factory=dict)  # what loggers are told of the run


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The result of a run: ``model`` is the averaged model in evaluation mode, ``loss`` that of the last record."""

    model: nn.Module
    steps: int
    seconds: float
    images: int
    loss: float
    best: float | None  # the lowest value of loop.best_by
    validation: Mapping[str, float]  # the last metrics; empty without validation


def fit(
    objective: Objective,
    batches: BatchSource,
    *,
    optim: OptimConfig,
    loop: LoopConfig | None = None,
    setup: FabricConfig | None = None,
    fabric: "Fabric | None" = None,
    folder: Path | str | None = None,
    resume: bool = False,
    hooks: Hooks | None = None,
) -> Fitted:
    """Trains ``objective`` for the steps or seconds of ``optim``. Ctrl-C saves, then raises KeyboardInterrupt.

    ``folder`` receives the run; ``resume`` continues the run in it, on the CPU bit for bit unless ``max_seconds`` is
    set. A loss or gradient that is not finite raises NotFiniteError and leaves the last checkpoint as it is.
    ``fabric``: an already launched Fabric; None launches one from ``setup``.
    """
    setup = setup or FabricConfig()
    fabric = fabric or make_fabric(setup)
    run = None if folder is None else RunFolder(folder)
    advice = (
        f"{run.path} can be resumed from its last checkpoint with a lower optim.lr" if run else "use a lower optim.lr"
    )
    training = Training(objective, optim, fabric=fabric, setup=setup, advice=advice)
    return _Loop(training, batches, loop=loop or LoopConfig(), run=run, hooks=hooks or Hooks()).run_all(resume=resume)


class _Loop:
    """Counts steps and seconds, and logs, validates and saves when due."""

    def __init__(
        self, training: Training, batches: BatchSource, *, loop: LoopConfig, run: RunFolder | None, hooks: Hooks
    ) -> None:
        self.training, self.batches, self.loop, self.hooks = training, batches, loop, hooks
        self.optim, self.is_first = training.optim, training.fabric.global_rank == 0
        self.run = run
        self.step, self.seconds, self.best, self.loss = 0, 0.0, math.inf, math.nan
        self.saved_at, self.saved_seconds = -1, 0.0
        self.loggers: list[RunLogger] = []
        self.validation: dict[str, float] = {}
        self.meter, self.watch = Meter(), LossWatch()

    def run_all(self, *, resume: bool) -> Fitted:
        with ExitStack() as stack:
            self._open(stack, resume=resume)
            stop = stack.enter_context(stop_on_signals())
            bar = stack.enter_context(make_progress(show=self.loop.show_progress and self.is_first))
            stack.enter_context(held(self.training.objective))
            self._train(stop, bar)
        best = None if math.isinf(self.best) else self.best
        model = settle(self.training.ema.model.eval())
        counts = {"steps": self.step, "seconds": self.seconds, "images": self.training.images}
        return Fitted(model=model, **counts, loss=self.loss, best=best, validation=self.validation)

    def _open(self, stack: ExitStack, *, resume: bool) -> None:
        if self.run is None:
            return
        if resume:
            self._load(self.run.load_state())
        if self.is_first:
            if not resume:
                self.run.check_new()
            self.run.create()
            self._open_loggers(stack, resume_at=self.step if resume else None)
            if self.hooks.started is not None:
                self.hooks.started()
        if not resume:
            self._save()  # a run can be resumed from its first step on

    def _open_loggers(self, stack: ExitStack, *, resume_at: int | None) -> None:
        assert self.run is not None
        facts = RunFacts(folder=self.run.path, name=self.hooks.name, config=self.hooks.config, resume_at=resume_at)
        try:
            for name in dict.fromkeys(("jsonl", *self.loop.log)):
                self.loggers.append(LOGGERS[name](facts))
                stack.callback(self.loggers[-1].close)
        except HondoError:
            if resume_at is None:
                self.run.remove()
            raise

    def _train(self, stop: "Stop", bar: Progress) -> None:
        batches, before = iter(self.batches), self.seconds
        start = time.perf_counter()
        if self.step == 0:
            self._watch()
        while (progress := self._progress()) < 1:
            images = self.training.images
            loss, parts = self._first_or_later_step(batches, progress=progress)
            self.step += 1
            self.seconds = self.training.largest(before + time.perf_counter() - start)
            self.meter.add(loss, parts, images=self.training.images - images)
            is_last = self._progress() >= 1
            self._after_step(bar, is_last=is_last)
            if not is_last and self.training.largest(float(stop.is_requested)):
                self._stop()
        self._save()

    def _first_or_later_step(self, batches: Iterator[Batch], *, progress: float) -> Losses:
        """One step. Where the first one of a run fails (a broken file, too little memory), no run is left behind."""
        try:
            with memory_errors_explained(LESS_MEMORY, field="batches.batch_size"):
                return self.training.step(batches, step=self.step, progress=progress)
        except NotFiniteError:
            raise
        except Exception:
            if self.run is not None and self.is_first and self.step == 0:
                self.run.remove()
            raise

    def _progress(self) -> float:
        """The completed fraction of the run: of its steps or of its time, whichever is larger."""
        of_time = self.seconds / self.optim.max_seconds if self.optim.max_seconds else 0.0
        return max(self.step / self.optim.max_steps, of_time)

    def _after_step(self, bar: Progress, *, is_last: bool) -> None:
        """Does what is due after this step. Saving comes last: a checkpoint holds the random state after the rest."""
        if self.step % self.loop.log_every == 0 or is_last:
            self._log(bar)
        if self.hooks.validate is not None and (self.step % self.loop.validate_every == 0 or is_last):
            self._validate()
        if self.run and self.loop.picture_every and (self.step % self.loop.picture_every == 0 or is_last):
            self._write_sample_image()
        if self.step in WATCHED:
            self._watch()
        is_late = self.seconds - self.saved_seconds > self.loop.checkpoint_seconds
        if self.step % self.loop.checkpoint_every == 0 or is_late:
            self._save()

    def _log(self, bar: Progress) -> None:
        values, rates = self.meter.read(), self.training.rates()
        self.loss, progress = values["loss"], self._progress()
        self.watch.observe(values | rates, is_last=progress >= 1)
        left = self.seconds * max(1 - progress, 0.0) / max(progress, 1e-9)
        rate = values["images_per_s"]
        bar.update(fraction=min(progress, 1.0), step=self.step, loss=self.loss, images_per_s=rate, seconds_left=left)
        bad = getattr(getattr(self.batches, "bad", None), "count", 0)
        values |= {"bad_samples": bad} if bad else {}
        self._record(values | rates | {"images": self.training.images} | system_load())

    def _record(self, values: dict[str, float]) -> None:
        for logger in self.loggers:
            logger.scalars({"seconds": round(self.seconds, 3)} | values, step=self.step)

    def _validate(self) -> None:
        assert self.hooks.validate is not None
        values = self.validation = dict(self.hooks.validate(self.training.ema.model.eval()))
        self.training.objective.train()
        self._record({f"val_{name}": value for name, value in values.items()})
        if values[self.loop.best_by] < self.best:
            self.best = values[self.loop.best_by]
            self._export("best")

    def _write_sample_image(self) -> None:
        if self.run and self.is_first and self.hooks.image is not None:
            self.run.samples.mkdir(exist_ok=True)
            path = self.run.samples / f"{self.step:06d}.jpg"
            self.hooks.image(self.training.ema.model.eval(), path)
            for logger in self.loggers:
                logger.image(path, step=self.step)
            self.training.objective.train()

    def _watch(self) -> None:
        if self.hooks.watch is not None and self.is_first:
            self.hooks.watch(self.training.objective, self.step)
            self.training.objective.train()

    def _export(self, name: str) -> None:
        if self.run and self.is_first and self.hooks.export is not None:
            self.hooks.export(self.training.ema.model.eval(), self.run.checkpoints / f"{name}.safetensors")
            self.training.objective.train()

    def _save(self) -> None:
        self.training.finite.settle()
        if self.run is None or self.saved_at == self.step:
            return
        self.saved_at, self.saved_seconds = self.step, self.seconds  # in every process: all have a part in the state
        rng = self.training.gathered(rng_state())
        if self.is_first:
            state = {name: getattr(self, name) for name in COUNTS}
            parts = {"training": self.training.state_dict(), "batches": self.batches.state_dict(), "rng": rng}
            self.run.save_state(state | parts)
            self._export("last")
            if self.hooks.saved is not None:
                self.hooks.saved(self.step)

    def _load(self, state: dict[str, Any]) -> None:
        rng, processes = state["rng"], self.training.fabric.world_size
        rng = [rng] if isinstance(rng, dict) else rng  # of one process, by an earlier hondo
        if len(rng) != processes:
            raise HondoError(
                f"the run had {len(rng)} processes, now there are {processes}: resume it with as many "
                "(fabric.devices), or start a new run with its folder as model.name",
                field="fabric.devices",
            )
        self.batches.load_state_dict(state["batches"])
        self.training.load_state_dict(state["training"])
        for name in COUNTS:
            setattr(self, name, state[name])
        set_rng_state(rng[self.training.fabric.global_rank])
        self.saved_at, self.saved_seconds = self.step, self.seconds

    def _stop(self) -> None:
        self._save()
        if self.run is not None and self.is_first:
            print(f"stopped at step {self.step}; continue with: hondo train --resume {self.run.path}", file=sys.stderr)
        raise KeyboardInterrupt


class Stop:
    """Whether a signal asked the run to stop."""

    def __init__(self) -> None:
        self.is_requested = False


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """The first SIGINT or SIGTERM sets ``Stop.is_requested``, a second one interrupts; in the main thread only."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_requested:
            raise KeyboardInterrupt
        stop.is_requested = True

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
