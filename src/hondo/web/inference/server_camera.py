"""The server camera: a running Stream whose newest frame is encoded once and sent to all viewers."""

import asyncio
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.video.live.live_stream import Stream
from hondo.video.sinks.record import record
from hondo.video.sources.live_frame import LiveFrame
from hondo.web.encode.frame_message import MAX_SIDE, FrameFacts, encode_frame

_log = logging.getLogger(__name__)
_END_S = 10.0  # for the encoder to stop, and for a recording to close its files
_WAIT_S = 0.25  # for the next frame or viewer


class LiveMessages:
    """The newest encoded frame, passed from the encoder thread to any number of viewers.

    A frame is encoded once per encoding that viewers want (raw, deflate). A viewer slower than the camera misses
    frames. ``publish`` and ``wanted`` are for the encoder thread, the other methods for the event loop.
    """

    def __init__(self) -> None:
        self._viewers = {False: 0, True: 0}  # by deflate
        self._has_viewers = threading.Event()
        self._newest: tuple[int, Mapping[bool, bytes]] = (0, {})  # count, messages by deflate

    def begin(self) -> None:
        """Must be called on the event loop before anything else."""
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    @property
    def count(self) -> int:
        """The number of published frames."""
        return self._newest[0]

    @contextmanager
    def subscribed(self, *, deflate: bool) -> Iterator[None]:
        """Frames are encoded for this viewer while the block runs."""
        self._viewers[deflate] += 1
        self._has_viewers.set()
        try:
            yield
        finally:
            self._viewers[deflate] -= 1

    async def next(self, *, after: int, deflate: bool, timeout_s: float) -> tuple[int, bytes] | None:
        """The number and message of the newest frame, once its number exceeds ``after``; None after the timeout."""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    number, messages = self._newest
                    if number > after and deflate in messages:
                        return number, messages[deflate]
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return None

    def wanted(self, *, timeout_s: float) -> list[bool]:
        """The encodings that viewers want (as values of deflate); waits for a viewer if there is none."""
        wanted = [deflate for deflate, count in self._viewers.items() if count]
        if not wanted:
            self._has_viewers.clear()
            self._has_viewers.wait(timeout=timeout_s)
        return wanted

    def publish(self, messages: Mapping[bool, bytes]) -> None:
        """Replaces the newest frame and wakes the viewers."""
        self._newest = self._newest[0] + 1, messages
        self._loop.call_soon_threadsafe(self._changed.set)


class ServerCamera:
    """A stream and its viewers. Nothing is encoded while there are no viewers."""

    def __init__(self, stream: Stream, *, name: str, record_to: Path | None = None) -> None:
        self.stream, self.name, self._record_to = stream, name, record_to
        self.messages = LiveMessages()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Starts the stream, the encoder and the recording; called on the event loop."""
        self.messages.begin()
        self.stream.start()
        for target in [self._encode_frames] + ([self._record] if self._record_to else []):
            thread = threading.Thread(target=target, name=f"hondo-live{target.__name__}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Stops the stream, the encoder and the recording, whose files are then complete."""
        self._stopped.set()
        self.stream.stop()
        for thread in self._threads:
            thread.join(timeout=_END_S)

    def _encode_frames(self) -> None:
        number: int | None = None
        while not self._stopped.is_set():
            wanted = self.messages.wanted(timeout_s=_WAIT_S)
            if not wanted:
                continue
            frame = self.stream.latest(after=number, timeout=_WAIT_S)
            if frame is None:
                self._stopped.wait(_WAIT_S)  # after its end a stream returns at once
                continue
            number, facts = frame.number, self._facts(frame)
            self.messages.publish({
                deflate: encode_frame(
                    frame.depth_map, facts, image=frame.image, deflate=deflate, max_side=MAX_SIDE
                ) for deflate in wanted
            })  # fmt: skip

    def _facts(self, frame: LiveFrame) -> FrameFacts:
        stats = self.stream.stats()
        return FrameFacts(
            number=frame.number, model=stats.model, image_hw=(frame.image.shape[0], frame.image.shape[1]),
            near_far=frame.near_far, since=frame.captured_at, dropped=stats.frames_dropped, stats=asdict(stats),
        )  # fmt: skip

    def _record(self) -> None:
        assert self._record_to is not None
        try:
            record(self.stream, self._record_to)
        except HondoError as error:  # e.g. a full disk: viewers still see the camera
            _log.error("recording ended: %s", error)


def shown_source(source: str) -> str:
    """A source as pages show it: the name of a file or folder, an address without its password."""
    if "://" in source:
        scheme, _, rest = source.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"
    return source if source.startswith("webcam:") else Path(source).name or source
