"""The live loop: newest frame in, newest depth out; a reader and a predictor that never wait for each other."""

import threading
import time
from types import TracebackType

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import Predictor
from hondo.core.types import Size
from hondo.video.live.slot import Slot
from hondo.video.live.stats import StreamState, StreamStats, Tally
from hondo.video.live.worker import Worker
from hondo.video.predict.predict_sources import CameraOf
from hondo.video.sources.live_feed import feed_of
from hondo.video.sources.live_frame import Captured, Feed, FeedControl, LiveFrame
from hondo.video.sources.recording_feed import FOLDER_FPS
from hondo.video.temporal.steady import SteadyConfig

STOP_WAIT_S = 1.0  # of each thread; one that hangs in a driver ends with the process
_POLL_S = 0.1
STEADY = SteadyConfig()


class Stream:
    """A source through a predictor, live: frames that come while the network works replace one another.

    Any number of consumers call ``latest``; none holds up the loop. The predictor is not closed: whoever made it does.
    """

    def __init__(
        self,
        source: str | Feed,
        predictor: Predictor,
        *,
        steady: SteadyConfig | None = STEADY,
        fps: float | None = None,
        size_bounds: tuple[Size, Size] | None = None,
        camera_of: CameraOf = lambda size_hw: None,
        loop: bool = False,
        stays: bool = False,
        folder_fps: float = FOLDER_FPS,
    ) -> None:
        """Refuses a text that is no source; a camera that is missing is retried, see ``stats``.

        ``steady``: None gives each frame's depth as the network does. ``fps``: the rate for which the network's size
        is lowered, within ``size_bounds`` (smallest, largest). ``stays``: a recording waits at its end for ``seek``.
        """
        self._feed = feed_of(source, loop=loop, folder_fps=folder_fps) if isinstance(source, str) else source
        self._steady, self._fps, self._bounds, self._camera_of = steady, fps, size_bounds, camera_of
        self._tally = Tally()
        self._control = FeedControl(corrupt=self._tally.count_corrupt, lost=self._tally.count_lost, stays=stays)
        self._caught: Slot[tuple[int, Captured]] = Slot()
        self._done: Slot[LiveFrame] = Slot()
        self._state = StreamState.RUNNING
        self._worker = self._new_worker(predictor)
        self._threads: list[threading.Thread] = []

    def start(self) -> "Stream":
        """Starts reading and predicting; a stream is started once."""
        if self._threads:
            raise HondoError("this stream was started before; make a new one")
        for target in (self._read, self._predict):
            thread = threading.Thread(target=target, name=f"hondo-stream{target.__name__}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def stop(self) -> None:
        """Ends the stream within about two seconds, whatever its source does. Calling it again does nothing."""
        if self._control.stopped.is_set():
            return
        self._end(StreamState.STOPPED)
        self._control.stopped.set()
        self._caught.close()
        for thread in self._threads:
            thread.join(timeout=STOP_WAIT_S)

    def __enter__(self) -> "Stream":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def pause(self) -> None:
        """No more results; a recording stands still, frames of a camera are skipped meanwhile."""
        self._control.paused.set()

    def resume(self) -> None:
        """Goes on after a pause."""
        self._control.paused.clear()

    def seek(self, time_s: float) -> None:
        """Plays a recording on from this time, in seconds; HondoError for a camera."""
        self._control.playback.seek(time_s)
        self.resume()

    def latest(self, after: int | None = None, timeout: float | None = None) -> LiveFrame | None:
        """The newest result numbered over ``after`` (None: any); None after ``timeout`` seconds, or at the end."""
        return self._done.newest(after, timeout)

    def set_predictor(self, predictor: Predictor) -> None:
        """Another model, from the next frame on."""
        self._worker = self._new_worker(predictor)

    def stats(self) -> StreamStats:
        """State, rates, latencies and counts, at this moment."""
        worker, tally, playback = self._worker, self._tally, self._control.playback
        return StreamStats(
            state=self._shown_state(),
            reason=tally.reason,
            model=worker.name,
            frames_read=tally.read,
            frames_predicted=tally.predicted,
            frames_dropped=self._caught.missed,
            frames_corrupt=tally.corrupt,
            reconnects=tally.reconnects,
            image_size_hw=worker.image_hw,
            network_size_hw=worker.network_hw,
            notes=tuple(note for note in (worker.note,) if note),
            position_s=None if playback.duration_s is None else playback.position_s,
            duration_s=playback.duration_s,
            **tally.rates(),
        )

    @property
    def is_over(self) -> bool:
        """Whether no more result will come."""
        return self._done.is_closed

    def _read(self) -> None:
        """The reader: puts each frame into the slot, where it replaces one that the network did not get to."""
        try:
            for number, captured in enumerate(self._feed(self._control)):
                if self._control.stopped.is_set():
                    return
                self._tally.count_read(captured.captured_at)
                if not self._control.paused.is_set():
                    if number == 0:
                        self._control.held.set()  # until the engine is ready: it compiles for the first image's size
                    self._caught.put((number, captured), number=number)
        except HondoError as error:
            self._fail(str(error))
        except Exception as error:  # a driver's: the stream ends, its owner reads why
            self._fail(f"{type(error).__name__}: {error}")
        finally:
            self._caught.close()

    def _predict(self) -> None:
        while not self._control.stopped.is_set():
            caught = self._caught.take(timeout=_POLL_S)
            if caught is not None and self._control.paused.is_set():
                self._control.held.clear()
            elif caught is not None:
                self._predict_one(*caught)
            elif self._caught.is_closed:
                break
        self._end(StreamState.ENDED)

    def _predict_one(self, number: int, captured: Captured) -> None:
        worker, start = self._worker, time.monotonic()
        try:
            result = worker(captured, number=number, source_fps=self._tally.source_fps)
        except HondoError as error:
            self._tally.count_corrupt(str(error))
            return
        except Exception as error:  # an engine's: it would fail at the next frame too
            self._fail(f"{worker.name}: {type(error).__name__}: {error}")
            self._control.stopped.set()
            return
        finally:
            self._control.held.clear()
        self._tally.count_done(captured_at=captured.captured_at, done_at=result.done_at, work_s=result.done_at - start)
        self._done.put(result, number=number)

    def _new_worker(self, predictor: Predictor) -> Worker:
        return Worker(
            predictor, steady=self._steady, fps=self._fps, size_bounds=self._bounds, camera_of=self._camera_of
        )

    def _shown_state(self) -> StreamState:
        if self._state is not StreamState.RUNNING:
            return self._state
        if self._control.playback.is_at_end:
            return StreamState.ENDED
        if self._control.paused.is_set():
            return StreamState.PAUSED
        if self._tally.is_lost:
            return StreamState.RECONNECTING
        return StreamState.RUNNING if self._tally.predicted else StreamState.STARTING

    def _fail(self, reason: str) -> None:
        """Says why the stream ends; what was caught before is still predicted."""
        self._tally.reason = " ".join(reason.split())
        self._settle(StreamState.FAILED)

    def _end(self, state: StreamState) -> None:
        self._settle(state)
        self._done.close()

    def _settle(self, state: StreamState) -> None:
        if self._state is StreamState.RUNNING:  # the first end is the one that counts
            self._state = state
