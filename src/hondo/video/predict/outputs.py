"""Writes depth maps in every form that was asked for, under the names that the interface fixes."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hondo.core.atomic import CannotWriteError
from hondo.core.errors import HondoError, unknown, warn
from hondo.core.types import DepthMap
from hondo.images.colour import PALETTES, SteadyRange
from hondo.images.depth_file import CLIP_HEADROOM, PngScale, save_confidence, write_png16
from hondo.images.read import write_image
from hondo.images.video_writer import VideoWriter
from hondo.video.predict.manifest import Item, PredictionsFile
from hondo.video.sources.source_list import Source, SourceKind

if TYPE_CHECKING:
    from hondo.video.sources.read_sources import Frame

FORMS = ("png16", "npy", "color", "ply", "video", "confidence")
WRITES_WAITING = 2  # maps that may wait to be written before the network waits too


@dataclass(frozen=True, kw_only=True)
class OutputConfig:
    """What is written where. ``png_factor``: stored value of one metre, for metric kinds."""

    out: Path
    forms: tuple[str, ...] = ("png16",)
    png_factor: float = 256.0
    palette: str = "turbo"
    has_sound: bool = True  # of a video source, copied into its depth video

    def __post_init__(self) -> None:
        if self.palette not in PALETTES:
            raise unknown("palette", self.palette, PALETTES)
        if not self.png_factor > 0:
            raise HondoError(f"png_factor must be positive, got {self.png_factor:g}", field="png_factor")


@dataclass(frozen=True, kw_only=True)
class Written:
    """The 16-bit image of a map: where it lies under the output folder, and how its values are stored."""

    png: str
    scale: PngScale


class SourceOutputs:
    """The files of one source, a video's in a folder of their own; a context, since a video file must be closed."""

    def __init__(self, source: Source, config: OutputConfig, *, fps: float) -> None:
        self._source = source
        self._config = config
        self._fps = fps
        self._open = ExitStack()
        self._video: VideoWriter | None = None
        self._range = SteadyRange()
        self._scale: PngScale | None = None  # one for all frames of a clip
        self._last_s = -1.0

    def __enter__(self) -> "SourceOutputs":
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()
        if self._video is not None and self._video.sound_left_out:
            warn(f"{self._source.text}: {self._video.sound_left_out}")

    def write(self, depth_map: DepthMap, *, index: int, time_s: float | None) -> Written | None:
        """Writes every form; returns where the 16-bit image lies, if that was asked for."""
        forms, base = self._config.forms, self._base(index)
        try:
            base.parent.mkdir(parents=True, exist_ok=True)
            if "npy" in forms:
                depth_map.save(Path(f"{base}.depth.npy"))
            if "confidence" in forms:
                save_confidence(depth_map, Path(f"{base}.confidence.png"))
            if "ply" in forms:
                depth_map.save(Path(f"{base}.ply"))
            if "color" in forms or ("video" in forms and self._is_moving):
                self._write_colours(depth_map, base=base, time_s=time_s)
            if "png16" not in forms:
                return None
            png = Path(f"{base}.depth.png")
            return Written(png=png.relative_to(self._config.out).as_posix(), scale=self._write_png16(depth_map, png))
        except CannotWriteError as error:
            raise OutputError(str(error)) from error
        except OSError as error:
            raise cannot_write(self._config.out, error) from error

    def _write_png16(self, depth_map: DepthMap, path: Path) -> PngScale:
        """In an image's own scale; in that of the first frame, with headroom, for all frames of a clip."""
        factor = self._config.png_factor
        if not self._is_moving:
            return write_png16(depth_map, path, png_factor=factor)
        self._scale = write_png16(depth_map, path, png_factor=factor, headroom=CLIP_HEADROOM, scale=self._scale)
        return self._scale

    @property
    def _is_moving(self) -> bool:
        return self._source.kind is not SourceKind.IMAGE

    def _base(self, index: int) -> Path:
        out, stem = self._config.out, self._source.stem
        return out / f"{stem}.depth" / f"{index:06d}" if self._is_moving else out / stem

    def _write_colours(self, depth_map: DepthMap, *, base: Path, time_s: float | None) -> None:
        near_far = self._range(depth_map) if self._is_moving else None
        colours = depth_map.color(palette=self._config.palette, near_far=near_far)
        if "color" in self._config.forms:
            write_image(Path(f"{base}.color.jpg"), colours)
        if "video" in self._config.forms and self._is_moving:
            if self._video is None:
                path = self._config.out / f"{self._source.stem}.depth.mp4"
                self._video = self._open.enter_context(self._open_video(path, depth_map))
            self._video.write(colours, time_s=self._later(time_s))

    def _open_video(self, path: Path, depth_map: DepthMap) -> VideoWriter:
        has_sound = self._config.has_sound and self._source.kind is SourceKind.VIDEO
        sound_of = self._source.path if has_sound else None
        return VideoWriter(path, size_hw=depth_map.size_hw, fps=self._fps, sound_of=sound_of)

    def _later(self, time_s: float | None) -> float | None:
        """The frame's time, or a millisecond after the last frame's where a file repeats or turns back its times."""
        if time_s is not None:
            time_s = self._last_s = max(time_s, self._last_s + 1e-3)
        return time_s


class MapWriter:
    """Writes maps in order in a thread of its own, while the network works on, and lists them in predictions.json."""

    def __init__(self, config: OutputConfig, predictions: PredictionsFile) -> None:
        self._config, self._predictions = config, predictions
        self._waiting: deque[tuple[Item, Future[Written | None] | None]] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hondo-writer")
        self._source: Source | None = None
        self._outputs: SourceOutputs | None = None
        self._files = ExitStack()  # of a video
        self.last: list[Item] = []  # what is finished as the context ends

    def add(self, frame: "Frame", item: Item, depth_map: DepthMap | None) -> list[Item]:
        """Takes a map, or an item that has failed; gives the items that are finished."""
        done, future = [], None
        if depth_map is not None:
            if self._outputs is None or frame.source is not self._source:
                done = self._begin(frame)
            assert self._outputs is not None
            future = self._thread.submit(self._outputs.write, depth_map, index=frame.index, time_s=frame.time_s)
        self._waiting.append((item, future))
        return done + self._finished(waiting=WRITES_WAITING)

    def _finish(self) -> list[Item]:
        """Waits for everything and closes the files of a video; gives the items that are finished."""
        done = self._finished(waiting=0)
        self._files.close()
        return done

    def __enter__(self) -> "MapWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if not isinstance(error, (OutputError, OSError)):
                self.last = self._finish()  # also if stopped by a key or by a source: what is done is kept
        finally:
            self._thread.shutdown(wait=True, cancel_futures=True)
            with suppress(OSError, HondoError):  # a second failure to write says nothing new
                self._files.close()

    def _begin(self, frame: "Frame") -> list[Item]:
        """The outputs of another source; the files of a video are closed when all its frames are in them."""
        is_after_video = self._source is not None and self._source.kind is not SourceKind.IMAGE
        done = self._finish() if is_after_video else []
        self._source, self._outputs = frame.source, SourceOutputs(frame.source, self._config, fps=frame.fps)
        if frame.source.kind is not SourceKind.IMAGE:
            self._files.enter_context(self._outputs)
        return done

    def _finished(self, *, waiting: int) -> list[Item]:
        """The items whose maps are written, once no more than ``waiting`` are left."""
        done: list[Item] = []
        while len(self._waiting) > waiting:
            item = _written_item(*self._waiting[0])
            self._waiting.popleft()
            self._predictions.add(item)
            done.append(item)
        return done


def _written_item(item: Item, future: "Future[Written | None] | None") -> Item:
    try:
        written = None if future is None else future.result()
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


class OutputError(HondoError):
    """Nothing more can be written: the run ends, whatever the source."""


def cannot_write(folder: Path, error: OSError) -> OutputError:
    """The one line for a full disk or a folder that is read-only."""
    name = error.filename or folder
    return OutputError(
        f"{name}: cannot write there ({error.strerror or error}); free some space or choose another folder as out",
        field="out",
    )
