"""Writes one depth map in every form that was asked for, under the names that the interface fixes."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hondo.core.atomic import CannotWriteError
from hondo.core.errors import HondoError, unknown
from hondo.core.types import DepthMap
from hondo.images.colour import PALETTES, SteadyRange
from hondo.images.depth_file import PngScale, write_png16
from hondo.images.read import write_image
from hondo.images.video_file import VideoWriter
from hondo.video.sources.source_list import Source, SourceKind

FORMS = ("png16", "npy", "color", "ply", "video")


@dataclass(frozen=True, kw_only=True)
class OutputConfig:
    """What is written where. ``png_factor``: stored value of one metre, for metric kinds."""

    out: Path
    forms: tuple[str, ...] = ("png16",)
    png_factor: float = 256.0
    palette: str = "turbo"

    def __post_init__(self) -> None:
        if self.palette not in PALETTES:
            raise unknown("palette", self.palette, PALETTES)


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
        self._last_s = -1.0

    def __enter__(self) -> "SourceOutputs":
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def write(self, depth_map: DepthMap, *, index: int, time_s: float | None) -> Written | None:
        """Writes every form; returns where the 16-bit image lies, if that was asked for."""
        forms, base = self._config.forms, self._base(index)
        try:
            base.parent.mkdir(parents=True, exist_ok=True)
            if "npy" in forms:
                depth_map.save(Path(f"{base}.depth.npy"))
            if "ply" in forms:
                depth_map.save(Path(f"{base}.ply"))
            if "color" in forms or ("video" in forms and self._is_moving):
                self._write_colours(depth_map, base=base, time_s=time_s)
            if "png16" not in forms:
                return None
            png = Path(f"{base}.depth.png")
            scale = write_png16(depth_map, png, png_factor=self._config.png_factor)
            return Written(png=png.relative_to(self._config.out).as_posix(), scale=scale)
        except CannotWriteError as error:
            raise OutputError(str(error)) from error
        except OSError as error:
            raise cannot_write(self._config.out, error) from error

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
                self._video = self._open.enter_context(VideoWriter(path, size_hw=depth_map.size_hw, fps=self._fps))
            self._video.write(colours, time_s=self._later(time_s))

    def _later(self, time_s: float | None) -> float | None:
        """The frame's time, or a millisecond after the last frame's where a file repeats or turns back its times."""
        if time_s is not None:
            time_s = self._last_s = max(time_s, self._last_s + 1e-3)
        return time_s


class OutputError(HondoError):
    """Nothing more can be written: the run ends, whatever the source."""


def cannot_write(folder: Path, error: OSError) -> OutputError:
    """The one line for a full disk or a folder that is read-only."""
    name = error.filename or folder
    return OutputError(
        f"{name}: cannot write ({error.strerror or error}); free some space or choose another out", field="out"
    )
