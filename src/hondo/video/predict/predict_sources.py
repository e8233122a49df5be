"""Depth of images, folders and videos into a folder, which is what ``hondo predict`` does.

Frames are read ahead, predicted in order, written behind.
"""

import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import Predictor, Session
from hondo.core.types import Camera, DepthKind, DepthMap, Size
from hondo.core.waiting import WAITING
from hondo.data.datasets.intrinsics import camera_of_file, exif_camera, image_camera
from hondo.engines.load import ModelSettings, is_exported
from hondo.images.read import MAX_MEGAPIXELS
from hondo.images.video_file import probe_video
from hondo.video.predict.manifest import Item, PredictionsFile, RunInfo
from hondo.video.predict.metric_from import MetricFrom
from hondo.video.predict.outputs import MapWriter, OutputConfig, cannot_write
from hondo.video.sources.read_sources import Frame, read_sources
from hondo.video.sources.source_list import Source, SourceKind, find_sources
from hondo.video.temporal.steady import Steady, SteadyConfig

T = TypeVar("T")
_END = object()
FEW = 4  # images that are not worth compiling the network a second time, for throughput

# The camera of an image of this size; None where it is not known.
CameraOf = Callable[[Size], Camera | None]


def predict_files(
    sources: Sequence[str],
    *,
    model: str,
    settings: ModelSettings,
    output: OutputConfig,
    camera: str | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
    limit: int | None = None,
    steady: bool = False,
    metric_from: str | None = None,
    on_warning: Callable[[str], None] = lambda text: None,
) -> Iterator[Item]:
    """Writes the depth of every source into ``output.out``, with predictions.json; gives an item for each image.

    ``camera``: intrinsics as a file, fx,fy,cx,cy in pixels of the images, or fov=DEGREES. ``limit``: frames of each
    video. ``steady``: one scale over each clip, and no flicker. ``metric_from``: what was measured (``MetricFrom``).
    """
    metric = None if metric_from is None else MetricFrom.parse(metric_from, model=model)
    _check_positive(max_megapixels=max_megapixels, limit=limit)
    found = find_sources(sources, out=output.out)
    if metric is not None:
        metric.check(found)
    if "video" in output.forms and all(source.kind is SourceKind.IMAGE for source in found):
        on_warning("save video: only videos and cameras give a video; these are images")
    if "confidence" in output.forms and not is_exported(model):
        settings = replace(settings, confidence=True)
    with settings.load(model) as predictor:
        if "confidence" in output.forms and not predictor.has_confidence:
            raise HondoError(f"save confidence: {model} gives none; export it with confidence", field="save")
        yield from predict_sources(
            predictor,
            found,
            output=output,
            **_cameras(camera, is_needed="ply" in output.forms, metric=metric),
            max_megapixels=max_megapixels,
            limit=limit,
            steady=SteadyConfig() if steady else None,
            metric=metric,
        )


def predict_sources(
    predictor: Predictor,
    sources: Sequence[Source],
    *,
    output: OutputConfig,
    camera_of: CameraOf = lambda size_hw: None,
    camera_of_image: Callable[[Path, Size], Camera | None] | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
    limit: int | None = None,
    steady: SteadyConfig | None = None,
    metric: MetricFrom | None = None,
) -> Iterator[Item]:
    """Writes the depth of every source, and predictions.json, into ``output.out``; gives an item for each image.

    A source that cannot be read gives an item with the error. A camera that does not fit the very first image, a
    camera that does not answer and a folder that cannot be written end the run with HondoError; what was done stays.
    ``camera_of_image`` takes the place of ``camera_of`` for image files. ``limit``: frames of each video. ``steady``:
    one scale and no flicker over each video, camera and folder of frames. ``metric``: gives the maps metres.
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
    cameras = _Cameras(of_size=camera_of, of_image=camera_of_image)
    network = _FramePredictor(predictor, camera_of=cameras, steady=steady, metric=metric, is_many=_is_many(sources))
    frames = ahead(read_sources(sources, max_megapixels=max_megapixels, limit=limit))
    begun: deque[_Begun] = deque()
    count = {"done": 0, "total": _expected(sources, limit=limit) if WAITING.isEnabledFor(logging.INFO) else None}
    try:
        with closing(frames), PredictionsFile(output.out, info) as predictions, MapWriter(output, predictions) as maps:
            for frame in frames:
                begun.append(network.begin(frame))
                count["done"] += 1
                WAITING.info("predicting", extra=count)
                if len(begun) >= network.depth:
                    yield from maps.add(*network.finish(begun.popleft()))
            while begun:
                yield from maps.add(*network.finish(begun.popleft()))
        yield from maps.last
    except OSError as error:
        raise cannot_write(output.out, error) from error
    finally:
        network.close()


def ahead(items: Iterable[T], *, depth: int = 2) -> Generator[T, None, None]:
    """The same items in the same order, made in another thread, at most ``depth`` of them waiting.

    An error of the reader is raised where its item would have come. Closing the iterator stops the reader.
    """
    reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hondo-reader")
    iterator = iter(items)
    waiting = deque(reader.submit(next, iterator, _END) for _ in range(depth))
    try:
        while (item := waiting.popleft().result()) is not _END:
            waiting.append(reader.submit(next, iterator, _END))
            yield item  # pyright: ignore[reportReturnType]
    finally:
        reader.shutdown(wait=True, cancel_futures=True)


def _check_positive(**numbers: float | None) -> None:
    for name, value in numbers.items():
        if value is not None and not value > 0:
            raise HondoError(f"{name} must be positive, got {value:g}", field=name)


def _cameras(given: str | None, *, is_needed: bool, metric: MetricFrom | None) -> dict[str, Any]:
    """The camera of an image: the one given, where points need it that of EXIF or an assumed one, or none."""
    if given is not None:
        return {"camera_of": lambda size_hw: image_camera(given, size_hw=size_hw)}
    if metric is not None and not metric.may_assume:
        return {"camera_of_image": lambda path, size_hw: exif_camera(path, size_hw=size_hw)}
    if not is_needed and (metric is None or not metric.needs_camera):
        return {}
    return {
        "camera_of": lambda size_hw: camera_of_file(None, size_hw=size_hw),
        "camera_of_image": lambda path, size_hw: camera_of_file(path, size_hw=size_hw),
    }


def _expected(sources: Sequence[Source], *, limit: int | None) -> int | None:
    """The images and frames in all, as far as the files state them; None where a camera has no end."""
    total = 0
    for source in sources:
        if source.kind is SourceKind.IMAGE:
            total += 1
            continue
        frames = limit
        if source.kind is SourceKind.VIDEO:
            with suppress(HondoError, OSError):
                stated = probe_video(source.path).frame_count
                frames = stated if limit is None or stated is None else min(limit, stated)
        if frames is None:
            return None
        total += frames
    return total


def _is_many(sources: Sequence[Source]) -> bool:
    """Whether it pays to compile for throughput: a video, or more than a few images."""
    return len(sources) > FEW or any(source.kind is not SourceKind.IMAGE for source in sources)


@dataclass(frozen=True, kw_only=True)
class _Cameras:
    """The camera of a source: of an image file by ``of_image`` if there is one, else by its size."""

    of_size: CameraOf
    of_image: Callable[[Path, Size], Camera | None] | None

    def __call__(self, source: Source, size_hw: Size) -> Camera | None:
        if self.of_image is None or source.kind is not SourceKind.IMAGE:
            return self.of_size(size_hw)
        return self.of_image(source.path, size_hw)


@dataclass(frozen=True, kw_only=True)
class _Begun:
    """A frame that the network was given; ``wait`` gives its map. None: the item has the error instead."""

    frame: Frame
    item: Item
    wait: Callable[[], DepthMap] | None = None
    start: float = 0.0


class _FramePredictor:
    """Depth of frames in order: several at once, or each with what a multi-frame model remembers of its video."""

    def __init__(
        self,
        predictor: Predictor,
        *,
        camera_of: "_Cameras",
        steady: SteadyConfig | None,
        metric: MetricFrom | None,
        is_many: bool,
    ) -> None:
        self._predictor, self._camera_of, self._steady_config = predictor, camera_of, steady
        self._metric = metric
        self._queue = predictor.queue() if is_many and predictor.num_previous == 0 else None
        self.depth = 1 if self._queue is None else self._queue.depth
        self._stream: tuple[Source, Size] | None = None
        self._session: Session = predictor
        self._clip: str | Path | None = None
        self._steady = Steady(steady)
        self._is_first = True
        self._last = 0.0  # when the last map was finished

    def begin(self, frame: Frame) -> _Begun:
        """Gives a frame to the network. HondoError where the very first image and its camera do not fit."""
        item = Item(source=frame.source.text, time_s=frame.time_s)
        is_first, self._is_first = self._is_first, False
        if frame.image is None:
            return _Begun(frame=frame, item=replace(item, error=str(frame.error)))
        item = replace(item, kind=str(self._predictor.kind))
        try:
            return self._begin_image(frame, item)
        except HondoError as error:
            if is_first:
                raise
            return _Begun(frame=frame, item=replace(item, error=str(error)))

    def _begin_image(self, frame: Frame, item: Item) -> _Begun:
        assert frame.image is not None
        image, size_hw = frame.image, (frame.image.shape[0], frame.image.shape[1])
        camera = self._camera_of(frame.source, size_hw)
        session = self._session_of(frame.source, size_hw, camera=camera)
        network_hw = self._predictor.warm(size_hw, queue=self._queue)  # a compilation is no part of the time
        item = replace(item, width=size_hw[1], height=size_hw[0], network_size_hw=network_hw)
        start = time.perf_counter()
        if self._queue is None:
            return _Begun(frame=frame, item=item, wait=partial(session, image), start=start)
        prepared = self._predictor.prepare(image, camera=camera)
        wait = self._queue.submit(prepared.network_input)
        return _Begun(frame=frame, item=item, wait=lambda: self._predictor.finish(prepared, wait()[0]), start=start)

    def finish(self, begun: _Begun) -> tuple[Frame, Item, DepthMap | None]:
        """Waits for the map of a frame; None where there is none, and the item says why."""
        if begun.wait is None:
            return begun.frame, begun.item, None
        try:
            depth_map = begun.wait()
            since, self._last = max(begun.start, self._last), time.perf_counter()
            item = replace(begun.item, milliseconds=round(1000 * (self._last - since), 3))
            depth_map = self._steadied(begun.frame, depth_map)
            if self._metric is not None:
                item, depth_map = self._metric.apply(begun.frame.source, item, depth_map)
            return begun.frame, item, depth_map
        except HondoError as error:
            item = replace(begun.item, width=None, height=None, network_size_hw=None, error=str(error))
            return begun.frame, item, None

    def close(self) -> None:
        """Ends the queue."""
        if self._queue is not None:
            self._queue.close()

    def _session_of(self, source: Source, size_hw: Size, *, camera: Camera | None) -> Session:
        """That of the video; a new one at another video or another size. Images stand alone."""
        if source.kind is SourceKind.IMAGE:
            return partial(self._predictor, camera=camera)
        if self._stream != (source, size_hw):
            self._stream, self._session = (source, size_hw), self._predictor.start(camera)
        return self._session

    def _steadied(self, frame: Frame, depth_map: DepthMap) -> DepthMap:
        """The map made steady; a folder of images is taken for the frames of a video."""
        if self._steady_config is None or frame.image is None:
            return depth_map
        source = frame.source
        clip = source.path.parent if source.kind is SourceKind.IMAGE else source.text
        if self._clip != clip:
            self._clip, self._steady = clip, Steady(self._steady_config)
        return self._steady(frame.image, depth_map)


def _sha256(path: Path | None) -> str | None:
    """Of the file, or of the two files of OpenVINO, one after the other."""
    if path is None:
        return None
    digest = hashlib.sha256()
    parts = [path, path.with_suffix(".bin")] if path.suffix == ".xml" else [path]
    for part in parts:
        with part.open("rb") as file:
            for block in iter(lambda: file.read(2**20), b""):
                digest.update(block)
    return digest.hexdigest()
