"""The engine shared by all clients: one thread runs the network in batches, taken from clients in turn."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Float32

from hondo.core.errors import HondoError
from hondo.core.memory_errors import NotEnoughMemoryError
from hondo.core.predictor_protocol import InferQueue, Predictor
from hondo.web.http.refusal import Refusal
from hondo.web.inference.fair_queue import FairQueue, QueueClosed, QueueFull
from hondo.web.inference.service_metrics import Metrics

_log = logging.getLogger(__name__)
_MOMENTUM = 0.9  # of the moving average of the time per image
BATCH_ON_ACCELERATOR = 8  # on a CPU a batch saves less than compiling one more shape costs


@dataclass(frozen=True, kw_only=True)
class Job:
    """A prepared image, and the future of its raw map."""

    predictor: Predictor
    network_input: Float32[np.ndarray, "1 3 H W"]
    raw: Future[Float[np.ndarray, "c h w"]] = field(default_factory=Future)


@dataclass(frozen=True, kw_only=True)
class RunningJob:
    """A job that was submitted to the engine; ``finish`` waits for its map."""

    job: Job
    start: float
    finish: Callable[[], Float[np.ndarray, "1 1 h w"]]


class SharedEngine:
    """Runs the jobs of all clients and models; a batch is not larger than what the engine runs in ``batch_s``."""

    def __init__(self, *, waiting: int, batch_s: float, metrics: Metrics, batch: int | None = None) -> None:
        self._queue: FairQueue[Job] = FairQueue(limit=waiting)
        self._batch_s, self._batch, self._metrics = batch_s, batch, metrics
        self._queues: dict[int, InferQueue] = {}  # by id of the predictor, which lives as long as the server
        self._last_end = 0.0  # of a run, by time.perf_counter
        self._image_s = 0.0  # moving average of the time per image; 0: none has run yet
        self._thread = threading.Thread(target=self._run_jobs, name="hondo-engine", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """The number of waiting images."""
        return len(self._queue)

    def submit(
        self, predictor: Predictor, network_input: Float32[np.ndarray, "1 3 H W"], *, client: str
    ) -> Future[Float[np.ndarray, "c h w"]]:
        """The future raw maps (c h w) of a prepared image; refused with 429 if too many are waiting."""
        job = Job(predictor=predictor, network_input=network_input)
        try:
            self._queue.put(job, client=client)
        except QueueFull:
            self._metrics.refused.inc()
            raise Refusal(
                429, f"{self.waiting} images wait for the engine; retry later",
                retry_after_s=self.waiting * self._image_s,
            ) from None  # fmt: skip
        except QueueClosed:
            raise Refusal(503, "the service is stopping") from None
        return job.raw

    def close(self) -> None:
        """Stops the thread after the current batch; waiting images are refused with 503."""
        for job in self._queue.close():
            job.raw.set_exception(Refusal(503, "the service is stopping"))
        self._thread.join(timeout=30)
        for queue in self._queues.values():
            queue.close()

    def _run_jobs(self) -> None:
        """The thread. While several jobs wait they run in parallel, otherwise one at a time with all cores."""
        running: deque[RunningJob] = deque()
        try:
            while True:
                jobs = self._queue.take(max_size=self._batch_size, key=_batch_key, wait=not running)
                jobs = [job for job in jobs if job.raw.set_running_or_notify_cancel()]
                depth = self._depth(jobs[0]) if jobs and (running or self.waiting) else 0
                if depth:
                    running.extend(each for job in jobs if (each := self._submit(job)))
                elif jobs:
                    self._finish(running)
                    self._run_batch(jobs)
                if running and (not jobs or len(running) >= depth):
                    self._finish(running, count=1)
        except QueueClosed:
            self._finish(running)

    def _run_batch(self, jobs: list[Job]) -> None:
        predictor, start = jobs[0].predictor, time.perf_counter()
        try:
            inputs = [job.network_input for job in jobs]
            maps = predictor.run(np.concatenate(inputs) if len(inputs) > 1 else inputs[0])
            maps = np.array(maps)  # a copy, since engines may reuse their output buffer
        except Exception as error:  # any error of an engine; the thread continues
            _fail(jobs, error)
            return
        for job, raw in zip(jobs, maps):
            job.raw.set_result(raw)
        self._count(len(jobs), since=start)

    def _submit(self, job: Job) -> "RunningJob | None":
        try:
            return RunningJob(
                job=job, start=time.perf_counter(), finish=self._queue_of(job.predictor).submit(job.network_input)
            )
        except Exception as error:  # as above
            _fail([job], error)
            return None

    def _finish(self, running: "deque[RunningJob]", *, count: int | None = None) -> None:
        """Waits for the oldest ``count`` running jobs, or all."""
        for _ in range(len(running) if count is None else count):
            each = running.popleft()
            try:
                each.job.raw.set_result(each.finish()[0])
            except Exception as error:  # as above
                _fail([each.job], error)
            else:
                self._count(1, since=each.start)

    def _count(self, images: int, *, since: float) -> None:
        """Updates the metrics after a run; time that overlaps an earlier run is not counted again."""
        now = time.perf_counter()
        seconds, self._last_end = now - max(since, self._last_end), now
        each = seconds / images
        self._image_s = _MOMENTUM * self._image_s + (1 - _MOMENTUM) * each if self._image_s else each
        self._metrics.engine_s.inc(seconds)
        self._metrics.images.inc(images)
        self._metrics.batches.inc()

    def _depth(self, job: Job) -> int:
        """How many images the engine runs in parallel; 0: one run at a time."""
        predictor = job.predictor
        if self._batch is not None or not predictor.device.startswith("cpu") or not predictor.runs_in_parallel:
            return 0
        return self._queue_of(predictor).depth

    def _queue_of(self, predictor: Predictor) -> InferQueue:
        if id(predictor) not in self._queues:
            self._queues[id(predictor)] = predictor.queue()
        return self._queues[id(predictor)]

    def _batch_size(self, job: Job) -> int:
        if self._batch is not None:
            largest = self._batch
        else:
            largest = 1 if job.predictor.device.startswith("cpu") else BATCH_ON_ACCELERATOR
        return max(1, min(largest, int(self._batch_s / self._image_s) if self._image_s else 1))


def _fail(jobs: list[Job], error: Exception) -> None:
    _log.error("%s failed on %d images", jobs[0].predictor.name, len(jobs), exc_info=error)
    for job in jobs:
        job.raw.set_exception(_as_refusal(error))


def _as_refusal(error: Exception) -> Refusal:
    if isinstance(error, NotEnoughMemoryError) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # the client's image is not at fault
    if isinstance(error, HondoError):
        return Refusal(422, str(error))
    return Refusal(500, f"the engine failed ({type(error).__name__}); see the server log")


def _batch_key(job: Job) -> tuple[int, tuple[int, ...]]:
    """Jobs with the same key fit in one batch: the same model and input size."""
    return id(job.predictor), job.network_input.shape
