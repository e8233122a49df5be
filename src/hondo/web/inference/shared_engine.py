"""The engine that all clients share: one thread runs the network, in batches taken fairly from everybody."""

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32

from hondo.core.errors import HondoError
from hondo.core.types import InferQueue, Predictor
from hondo.engines.base.infer_queue import Finish
from hondo.web.http.refusal import Refusal
from hondo.web.inference.fair_queue import FairQueue, QueueClosed, QueueFull
from hondo.web.inference.service_metrics import Metrics

_log = logging.getLogger(__name__)
_MEMORY = 0.9  # share of the past in the running time of an image
BATCH_ON_ACCELERATOR = 8  # on a CPU a batch saves nothing that the compile of one more shape would not cost


@dataclass(frozen=True, kw_only=True)
class Job:
    """An image made ready for the network, and where its raw map goes."""

    predictor: Predictor
    network_input: Float32[np.ndarray, "1 3 H W"]
    raw: "Future[np.ndarray]" = field(default_factory=Future)


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A job that the engine is at; ``finish`` waits for its map."""

    job: Job
    start: float
    finish: Finish


class SharedEngine:
    """Runs jobs of any number of clients and models; a batch is no longer than ``batch_s`` of the engine's time."""

    def __init__(self, *, waiting: int, batch_s: float, metrics: Metrics, batch: int | None = None) -> None:
        self._queue: FairQueue[Job] = FairQueue(limit=waiting)
        self._batch_s, self._batch, self._metrics = batch_s, batch, metrics
        self._queues: dict[int, InferQueue] = {}  # of predictors, which live as long as the server
        self._last_end = 0.0  # of a run, by the performance counter
        self._image_s = 0.0  # running time of one image; 0: none has run yet
        self._thread = threading.Thread(target=self._work, name="hondo-engine", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def submit(self, predictor: Predictor, network_input: np.ndarray, *, client: str) -> "Future[np.ndarray]":
        """The raw map of a ready image, to come; refused where too many wait."""
        job = Job(predictor=predictor, network_input=network_input)
        try:
            self._queue.put(job, client=client)
        except QueueFull:
            self._metrics.refused.add()
            raise Refusal(
                429, f"{self.waiting} images wait for the engine; come again later",
                retry_after_s=self.waiting * self._image_s,
            ) from None  # fmt: skip
        except QueueClosed:
            raise Refusal(503, "the service is stopping") from None
        return job.raw

    def close(self) -> None:
        """Ends the thread after the batch it is at; what waits is refused."""
        for job in self._queue.close():
            job.raw.set_exception(Refusal(503, "the service is stopping"))
        self._thread.join(timeout=30)
        for queue in self._queues.values():
            queue.close()

    def _work(self) -> None:
        """The thread: jobs side by side while several wait, else one after another, each with the whole machine."""
        begun: deque[Begun] = deque()
        try:
            while True:
                jobs = self._queue.take(most=self._most, alike=_kind, wait=not begun)
                jobs = [job for job in jobs if job.raw.set_running_or_notify_cancel()]
                depth = self._depth(jobs[0]) if jobs and (begun or self.waiting) else 0
                if depth:
                    begun.extend(each for job in jobs if (each := self._begin(job)))
                elif jobs:
                    self._end(begun)
                    self._run(jobs)
                if begun and (not jobs or len(begun) >= depth):
                    self._end(begun, most=1)
        except QueueClosed:
            self._end(begun)

    def _run(self, jobs: list[Job]) -> None:
        predictor, start = jobs[0].predictor, time.perf_counter()
        try:
            together = [job.network_input for job in jobs]
            maps = predictor.run(np.concatenate(together) if len(together) > 1 else together[0])
        except Exception as error:  # whatever an engine raises: the thread lives on
            _fail(jobs, error)
            return
        for job, raw in zip(jobs, maps):
            job.raw.set_result(raw[0])
        self._count(len(jobs), since=start)

    def _begin(self, job: Job) -> "Begun | None":
        try:
            return Begun(
                job=job, start=time.perf_counter(), finish=self._side_by_side(job.predictor).submit(job.network_input)
            )
        except Exception as error:  # as above
            _fail([job], error)
            return None

    def _end(self, begun: "deque[Begun]", *, most: int | None = None) -> None:
        """Waits for the oldest that are begun, ``most`` of them or all."""
        for _ in range(len(begun) if most is None else most):
            each = begun.popleft()
            try:
                each.job.raw.set_result(each.finish()[0, 0])
            except Exception as error:  # as above
                _fail([each.job], error)
            else:
                self._count(1, since=each.start)

    def _count(self, images: int, *, since: float) -> None:
        """Counts what has ended now; time that an earlier image took too is not counted again."""
        now = time.perf_counter()
        seconds, self._last_end = now - max(since, self._last_end), now
        each = seconds / images
        self._image_s = _MEMORY * self._image_s + (1 - _MEMORY) * each if self._image_s else each
        self._metrics.engine_s.add(seconds)
        self._metrics.images.add(images)
        self._metrics.batches.add()

    def _depth(self, job: Job) -> int:
        """How many images the job's engine works on side by side; 0: one run at a time."""
        predictor = job.predictor
        if self._batch is not None or not predictor.device.startswith("cpu") or not predictor.runs_in_parallel:
            return 0
        return self._side_by_side(predictor).depth

    def _side_by_side(self, predictor: Predictor) -> InferQueue:
        if id(predictor) not in self._queues:
            self._queues[id(predictor)] = predictor.queue()
        return self._queues[id(predictor)]

    def _most(self, job: Job) -> int:
        if self._batch is not None:
            largest = self._batch
        else:
            largest = 1 if job.predictor.device.startswith("cpu") else BATCH_ON_ACCELERATOR
        return max(1, min(largest, int(self._batch_s / self._image_s) if self._image_s else 1))


def _fail(jobs: list[Job], error: Exception) -> None:
    _log.error("%s failed on %d images", jobs[0].predictor.name, len(jobs), exc_info=error)
    for job in jobs:
        job.raw.set_exception(_fault(error))


def _fault(error: Exception) -> Refusal:
    if isinstance(error, HondoError):
        return Refusal(422, str(error))
    return Refusal(500, f"the engine failed ({type(error).__name__}); the service's log tells more")


def _kind(job: Job) -> tuple[int, tuple[int, ...]]:
    """Jobs of one kind can be one batch: the same model, the same input size."""
    return id(job.predictor), job.network_input.shape
