"""Works one or two steps ahead: a reader in its own thread, so that decoding overlaps the network."""

import hashlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from hondo.core.errors import HondoError
from hondo.core.types import Camera, DepthKind, DepthMap, Predictor, Session, Size
from hondo.engines.base.infer_queue import in_order
from hondo.images.read import MAX_MEGAPIXELS
from hondo.video.predict.manifest import Item, PredictionsFile, RunInfo
from hondo.video.predict.outputs import OutputConfig, OutputError, SourceOutputs, Written, cannot_write
from hondo.video.sources.read_sources import Frame, read_sources
from hondo.video.sources.source_list import Source, SourceKind
from hondo.video.temporal.steady import Steady, SteadyConfig

T = TypeVar("T")
_END = object()
_POLL_S = 0.1


def ahead(items: Iterable[T], *, depth: int = 2) -> Generator[T, None, None]:
    """The same items in the same order, made in another thread, at most ``depth`` of them waiting.

    An error of the reader is raised where its item would have come. Closing the iterator stops the reader.
    """
    waiting: queue.Queue = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(entry: object) -> None:
        while not stopped.is_set():
            try:
                return waiting.put(entry, timeout=_POLL_S)
            except queue.Full:
                continue

    def read() -> None:
        try:
            for item in items:
                put((item, None))
                if stopped.is_set():
                    return
        except BaseException as error:  # handed to the consumer, whatever it is
            put((None, error))
        put(_END)

    thread = threading.Thread(target=read, name="hondo-reader", daemon=True)
    thread.start()
    try:
        while (entry := waiting.get()) is not _END:
            item, error = entry
            if error is not None:
                raise error
            yield item
    finally:
        stopped.set()
        thread.join(timeout=5)


FEW = 4  # images that are not worth a second compilation, for throughput
WRITES_WAITING = 2  # maps that may wait for the writer before the network waits too

# Tells a user of one more item; called in order, from the writing side.
Told = Callable[[Item], None]
# The camera of an image of this size; None where it is not known.
CameraOf = Callable[[Size], Camera | None]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How many images and frames came out, and how many sources failed (wholly or partly)."""

    done: int = 0
    failed: int = 0


def predict_sources(
    predictor: Predictor,
    sources: Sequence[Source],
    *,
    output: OutputConfig,
    camera_of: CameraOf = lambda size_hw: None,
    on_progress: Told = lambda item: None,
    max_megapixels: float = MAX_MEGAPIXELS,
    limit: int | None = None,
    steady: SteadyConfig | None = None,
) -> Summary:
    """Writes the depth of every source, and predictions.json, into ``output.out``.

    A source that cannot be read is told, noted and passed over. A camera that does not fit the very first image, a
    camera that does not answer and a folder that cannot be written end the run with HondoError; what was done stays.
    ``steady``: videos, cameras and folders of frames get one scale and no flicker (see video/steady.py).
    """
    if "ply" in output.forms and predictor.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
        raise HondoError(
            f"save ply: {predictor.name} gives relative inverse depth, which has no points in space; leave out ply",
            field="save",
        )
    info = RunInfo(
        model=predictor.name,
        weights_sha256=_sha256(predictor.weights_file),
        engine=predictor.engine,
        precision=predictor.precision,
    )
    frames: Generator[Frame, None, None] = ahead(read_sources(sources, max_megapixels=max_megapixels, limit=limit))
    network, steadied = _Network(predictor, is_much=_is_much(sources)), _Steadied(steady)
    try:
        with PredictionsFile(output.out, info) as predictions, _Writer(output, predictions, on_progress) as writer:
            begin = partial(_begin, network=network, writer=writer, camera_of=camera_of, steadied=steadied)
            for _ in in_order(frames, begin=begin, depth=network.depth):
                pass  # the writer has it
            writer.finish()
            return writer.summary
    except OSError as error:
        raise cannot_write(output.out, error) from error
    finally:
        frames.close()
        network.close()


def _is_much(sources: Sequence[Source]) -> bool:
    """Whether it pays to compile for throughput: a video, or more than a few images."""
    return len(sources) > FEW or any(source.kind is not SourceKind.IMAGE for source in sources)


def _begin(
    frame: Frame, *, network: "_Network", writer: "_Writer", camera_of: CameraOf, steadied: "_Steadied"
) -> Callable[[], None]:
    """Begins the depth of a frame; what it gives waits for it, and hands it (or why there is none) to the writer."""
    item = Item(source=frame.source.text, kind=str(network.predictor.kind), time_s=frame.time_s)
    if frame.image is None:
        return partial(writer.fail, frame, replace(item, kind=None, error=str(frame.error)))
    size_hw = frame.image.shape[:2]
    try:
        wait = network.begin(frame, frame.image, camera=camera_of(size_hw))
    except HondoError as error:
        if writer.is_untouched:
            raise
        return partial(writer.fail, frame, replace(item, error=str(error)))
    writer.is_untouched = False
    placed = network.predictor.network_size(size_hw)
    item = replace(item, width=size_hw[1], height=size_hw[0], network_size_hw=placed)

    def finish() -> None:
        try:
            depth_map, milliseconds = wait()
            depth_map = steadied(frame, depth_map)
        except HondoError as error:
            failed = replace(item, width=None, height=None, network_size_hw=None, error=str(error))
            return writer.fail(frame, failed)
        return writer.write(frame, depth_map, replace(item, milliseconds=round(milliseconds, 3)))

    return finish


class _Steadied:
    """The maps of each video, camera and folder of images (taken for its frames) made steady."""

    def __init__(self, config: SteadyConfig | None) -> None:
        self._config = config
        self._clip: str | Path | None = None
        self._steady = Steady(config)

    def __call__(self, frame: Frame, depth_map: DepthMap) -> DepthMap:
        if self._config is None or frame.image is None:
            return depth_map
        source = frame.source
        clip = source.path.parent if source.kind is SourceKind.IMAGE else source.text
        if self._clip != clip:
            self._clip, self._steady = clip, Steady(self._config)
        return self._steady(frame.image, depth_map)


class _Network:
    """Depth of images by themselves, several at once, and of frames with what the model remembers of their video."""

    def __init__(self, predictor: Predictor, *, is_much: bool) -> None:
        self.predictor = predictor
        self._queue = predictor.queue() if is_much and predictor.num_previous == 0 else None
        self.depth = 1 if self._queue is None else self._queue.depth
        self._source: Source | None = None
        self._size_hw: Size | None = None
        self._session: Session | None = None
        self._prepared: set[Size] = set()
        self._last = 0.0  # when the last map was there

    def begin(self, frame: Frame, image: np.ndarray, *, camera: Camera | None) -> Callable[[], tuple[DepthMap, float]]:
        """Begins on a frame; what it gives waits for the map and the milliseconds that it took after the one before.

        HondoError where the model needs a camera and has none.
        """
        self._begin_session(frame, size_hw=image.shape[:2], camera=camera)
        self._prepare(image.shape[:2])
        start = time.perf_counter()
        wait = self._begin_map(frame, image, camera=camera)

        def finish() -> tuple[DepthMap, float]:
            depth_map = wait()
            since, self._last = max(start, self._last), time.perf_counter()
            return depth_map, 1000 * (self._last - since)

        return finish

    def close(self) -> None:
        if self._queue is not None:
            self._queue.close()

    def _begin_session(self, frame: Frame, *, size_hw: Size, camera: Camera | None) -> None:
        """Anew at another video or another size."""
        if frame.source.kind is SourceKind.IMAGE or (self._source is frame.source and self._size_hw == size_hw):
            return
        self._session = self.predictor.start(camera)
        self._source, self._size_hw = frame.source, size_hw

    def _begin_map(self, frame: Frame, image: np.ndarray, *, camera: Camera | None) -> Callable[[], DepthMap]:
        if self._queue is not None:
            prepared = self.predictor.prepare(image, camera=camera)
            wait = self._queue.submit(prepared.network_input)
            return lambda: self.predictor.finish(prepared, wait()[0, 0])
        if frame.source.kind is SourceKind.IMAGE or self._session is None:
            return partial(self.predictor, image, camera=camera)
        return partial(self._session, image)

    def _prepare(self, image_hw: Size) -> None:
        """Lets the engine compile for an image's size before its time is taken."""
        network_hw = self.predictor.network_size(image_hw)
        if network_hw in self._prepared:
            return
        self.predictor.warm(image_hw, queue=self._queue)
        self._prepared.add(network_hw)


class _Writer:
    """Writes maps in one thread of its own, in order, while the network works on; keeps the list and the count."""

    def __init__(self, output: OutputConfig, predictions: PredictionsFile, on_progress: Told) -> None:
        self._output = output
        self._predictions = predictions
        self._told = on_progress
        self._waiting: deque[tuple[Item, Future | None]] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hondo-writer")
        self._source: Source | None = None
        self._files = ExitStack()
        self._outputs: SourceOutputs | None = None
        self._done = 0
        self._failed: set[str] = set()
        self.is_untouched = True  # nothing was begun yet

    @property
    def summary(self) -> Summary:
        return Summary(done=self._done, failed=len(self._failed))

    def write(self, frame: Frame, depth_map: DepthMap, item: Item) -> None:
        outputs = self._outputs_of(frame)
        future = self._thread.submit(outputs.write, depth_map, index=frame.index, time_s=frame.time_s)
        self._put(item, future)

    def fail(self, frame: Frame, item: Item) -> None:
        self._put(item, None)

    def finish(self) -> None:
        """Waits for everything and closes the files of the last source."""
        self._drain(0)
        self._files.close()

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is not None and not issubclass(kind, (OutputError, OSError)):
                self.finish()  # stopped by a key or by a source: what is done is kept
        finally:
            self._thread.shutdown(wait=True, cancel_futures=True)
            if kind is not None and issubclass(kind, (OutputError, OSError)):
                _close_anyway(self._files)

    def _outputs_of(self, frame: Frame) -> SourceOutputs:
        if self._outputs is None or self._source is not frame.source:
            if self._source is not None and self._source.kind is not SourceKind.IMAGE:
                self.finish()  # a video file is closed when all its frames are in it
            self._source = frame.source
            self._outputs = SourceOutputs(frame.source, self._output, fps=frame.fps)
            if frame.source.kind is not SourceKind.IMAGE:
                self._files.enter_context(self._outputs)
        return self._outputs

    def _put(self, item: Item, future: Future | None) -> None:
        self.is_untouched = False
        self._waiting.append((item, future))
        self._drain(WRITES_WAITING)

    def _drain(self, most: int) -> None:
        while len(self._waiting) > most:
            item, future = self._waiting[0]
            finished = _finished(item, future)
            self._waiting.popleft()
            self._done += finished.error is None
            if finished.error is not None:
                self._failed.add(finished.source)
            self._predictions.add(finished)
            self._told(finished)


def _finished(item: Item, future: Future | None) -> Item:
    if future is None:
        return item
    try:
        written: Written | None = future.result()
    except OutputError:
        raise
    except HondoError as error:
        return replace(item, error=str(error))
    if written is None:
        return item
    scale = written.scale
    return replace(
        item, png=written.png, kind=str(scale.kind), unit=scale.unit, factor=scale.factor, offset=scale.offset
    )


def _close_anyway(files: ExitStack) -> None:
    """Closes what is open after a failed write; its own failure to write says nothing new."""
    try:
        files.close()
    except (OSError, HondoError):
        return


def _sha256(path: Path | None) -> str | None:
    if path is None:
        return None
    digest = hashlib.sha256()
    parts = [path, path.with_suffix(".bin")] if path.suffix == ".xml" else [path]
    for part in parts:
        with part.open("rb") as file:
            for block in iter(lambda: file.read(2**20), b""):
                digest.update(block)
    return digest.hexdigest()
