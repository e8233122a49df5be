"""Where trials run: in this process, or in worker processes with one thread each.

An executor takes trials one by one from an iterator whenever it has room for one, and yields outcomes as they come:
``execute(trials, work, on_value) -> outcomes``. A cluster is another function of this form.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing.connection import Connection, wait
from typing import Any, cast

from hondo.core.integrity.parent_watch import end_with_parent
from hondo.recipes.search.run_trial import OnValue, Work
from hondo.recipes.search.trial import Trial
from hondo.recipes.search.trial_log import Outcome

Executor = Callable[[Iterator[Trial], Work, OnValue], Iterator[Outcome]]
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
PATIENCE_S = 20.0  # for workers that save their state when a study is stopped


def run_here(trials: Iterator[Trial], work: Work, on_value: OnValue) -> Iterator[Outcome]:
    """One after the other, with the threads of this process."""
    for trial in trials:
        yield work(trial, on_value)


def run_in_processes(trials: Iterator[Trial], work: Work, on_value: OnValue, *, workers: int) -> Iterator[Outcome]:
    """In ``workers`` processes. One that dies fails its trial and is replaced; all end with this one."""
    idle: list[_Worker] = []
    busy: dict[Connection, _Worker] = {}
    try:
        while True:
            while len(busy) < workers and (trial := next(trials, None)) is not None:
                worker = idle.pop() if idle else _Worker(work)
                worker.begin(trial)
                busy[worker.pipe] = worker
            if not busy:
                return
            for pipe in cast(list[Connection], wait(list(busy))):
                outcome = busy[pipe].listen(on_value)
                if outcome is None:
                    continue
                worker = busy.pop(pipe)
                if worker.process.is_alive():
                    idle.append(worker)
                yield outcome
    finally:
        for worker in (*busy.values(), *idle):
            worker.end()


class _Worker:
    """A process that runs trials one after the other, until its pipe closes: also when this process is killed."""

    def __init__(self, work: Work) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work_on, args=(theirs, work), daemon=True)
        with _one_thread():
            self.process.start()
        theirs.close()
        self.trial: Trial | None = None

    def begin(self, trial: Trial) -> None:
        self.trial = trial
        self.pipe.send(trial)

    def listen(self, on_value: OnValue) -> Outcome | None:
        """The trial's outcome; None after a validation, which is answered."""
        assert self.trial is not None
        try:
            message = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            return self._died()
        if isinstance(message, Outcome):
            return message
        self.pipe.send(on_value(self.trial, message))
        return None

    def _died(self) -> Outcome:
        assert self.trial is not None
        code = self.process.exitcode or 0
        reason = f"signal {-code}, perhaps for lack of memory" if code < 0 else f"exit code {code}"
        return Outcome(
            hash=self.trial.hash,
            state="failed",
            factors=self.trial.factors,
            error=f"the worker process ended ({reason})",
            recipe=asdict(self.trial.recipe),
        )

    def end(self) -> None:
        """Asks the process to stop; a training run saves its state first."""
        self.pipe.close()
        if self.process.is_alive():
            self.process.terminate()
        self.process.join(PATIENCE_S)
        if self.process.is_alive():
            self.process.kill()


def _work_on(pipe: Any, work: Work) -> None:
    end_with_parent()

    def on_value(trial: Trial, value: float) -> bool:
        pipe.send(value)
        return pipe.recv()

    try:
        while True:
            pipe.send(work(pipe.recv(), on_value))
    except (EOFError, OSError, KeyboardInterrupt):  # the study was stopped, or its process killed
        return


@contextmanager
def _one_thread() -> Iterator[None]:
    """Child processes started meanwhile compute with one thread each."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
