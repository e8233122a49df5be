"""The server's own camera on the web: a running Stream whose newest frame is encoded once and sent to every viewer."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.video.live.live_stream import Stream
from hondo.video.sinks.record import record
from hondo.video.sources.live_frame import LiveFrame
from hondo.web.encode.downsample import shrunk
from hondo.web.encode.frame_message import MAX_SIDE, FrameFacts, encode_frame, fitted

_log = logging.getLogger(__name__)
_END_S = 10.0  # for the encoder, and for a recording to close its files
_WAIT_S = 0.25  # for a frame; then the state of the source is told instead


class ServerCamera:
    """A stream and its viewers. Nothing is encoded while nobody looks."""

    def __init__(self, stream: Stream, *, name: str, record_to: Path | None = None) -> None:
        self.stream, self.name, self._record_to = stream, name, record_to
        self._viewers = {"raw": 0, "deflate": 0}
        self._newest: dict[str, bytes] = {}
        self._count = 0  # of what was published
        self._stopped = threading.Event()
        self._wanted = threading.Event()
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Starts the stream and the encoder; for the server's own loop."""
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self.stream.start()
        for work in [self._encode] + ([self._record] if self._record_to else []):
            thread = threading.Thread(target=work, name=f"hondo-live{work.__name__}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Ends stream, encoder and recording, whose files are then whole."""
        self._stopped.set()
        self._wanted.set()
        self.stream.stop()
        for thread in self._threads:
            thread.join(timeout=_END_S)

    @contextmanager
    def watched(self, *, deflate: bool) -> Iterator[None]:
        """Somebody looks while the block runs."""
        encoding = _encoding(deflate)
        self._viewers[encoding] += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._viewers[encoding] -= 1

    async def next(self, seen: int, *, deflate: bool, timeout_s: float) -> tuple[int, bytes] | None:
        """The newest message and its number, once that is over ``seen``; None where none comes in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._count <= seen or _encoding(deflate) not in self._newest:
                    await self._changed.wait()
        except TimeoutError:
            return None
        return self._count, self._newest[_encoding(deflate)]

    def stats(self) -> dict[str, object]:
        return asdict(self.stream.stats())

    def _record(self) -> None:
        assert self._record_to is not None
        try:
            record(self.stream, self._record_to)
        except HondoError as error:  # a full disk: viewers still see the camera
            _log.error("recording ended: %s", error)

    def _encode(self) -> None:
        number: int | None = None
        while not self._stopped.is_set():
            wanted = [encoding for encoding, count in self._viewers.items() if count]
            if not wanted:
                self._wanted.clear()
                self._wanted.wait(timeout=_WAIT_S)
                continue
            frame = self.stream.latest(after=number, timeout=_WAIT_S)
            if frame is None:
                self._stopped.wait(_WAIT_S)  # an ended stream answers at once
                continue
            number = frame.number
            messages = {encoding: self._message(frame, deflate=encoding == _encoding(True)) for encoding in wanted}
            self._loop.call_soon_threadsafe(self._publish, messages)

    def _message(self, frame: LiveFrame, *, deflate: bool) -> bytes:
        size_hw = (frame.image.shape[0], frame.image.shape[1])
        small = shrunk(frame.depth_map, fitted(size_hw, side=MAX_SIDE))
        stats = self.stats()
        facts = FrameFacts(
            number=frame.number, model=str(stats["model"]), image_hw=size_hw, near_far=frame.near_far,
            since=frame.captured_at, dropped=self.stream.stats().frames_dropped, stats=stats,
        )  # fmt: skip
        return encode_frame(small, facts, image=frame.image, deflate=deflate)

    def _publish(self, messages: dict[str, bytes]) -> None:
        self._newest, self._count = messages, self._count + 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _encoding(deflate: bool) -> str:
    return "deflate" if deflate else "raw"


def shown_source(source: str) -> str:
    """A source as pages show it: a file's or folder's own name, an address without its password."""
    if "://" in source:
        scheme, _, rest = source.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"
    return source if source.startswith("webcam:") else Path(source).name or source
