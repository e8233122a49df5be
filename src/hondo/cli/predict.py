"""``hondo predict``: depth of images, folders, videos and cameras, into a folder."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options import (
    NO_OPTIONS,
    SharedModelOptions,
    parse_list,
    parse_options,
    parse_size,
    tell_if_untrained,
    writable_folder,
)
from hondo.core.errors import HondoError
from hondo.core.types import Camera, Size

if TYPE_CHECKING:
    from hondo.video.predict.manifest import Item

EXIT_SOME_FAILED = 1


@dataclass(frozen=True, kw_only=True)
class PredictConfig:
    """Writes the depth of every SOURCE into a folder, with predictions.json."""

    sources: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="SOURCE...")] = ()
    """Images, folders (with subfolders), globs, video files, webcam:0, rtsp:// addresses."""
    model: str = "hondo-nano"
    """A name from `hondo models`, a run folder, or a file (.safetensors, .onnx, .xml)."""
    out: Path = Path("predictions")
    """Folder for the results."""
    size: str | None = None
    """Network input HxW; an image keeps its aspect and gets about this area. Default: the model's own."""
    engine: str = "auto"
    """auto, pytorch, onnx_runtime or openvino_ir."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:N."""
    precision: str = "fp32"
    """fp32, fp16, bf16, int8-dynamic or int8-weights, as the engine offers; a file keeps the one it was exported in."""
    threads: int | None = None
    """CPU threads of the engine; default: its own choice."""
    camera: str | None = None
    """Intrinsics: a JSON file, or fx,fy,cx,cy in pixels of the images."""
    save: str = "png16"
    """Comma list of png16, npy, color, ply, video."""
    png_factor: float = 256.0
    """Stored value of one metre in 16-bit images of metric models (1000 for indoor use)."""
    palette: str = "turbo"
    """Colours of `color` and `video`."""
    limit: int | None = None
    """Frames of each video or camera; default: all."""
    steady: bool = False
    """Videos, cameras and folders of frames in order: one scale over the clip, and no flicker."""
    max_megapixels: float = 100.0
    """Larger images are refused before they are decoded."""
    model_options: SharedModelOptions = NO_OPTIONS


def run(config: PredictConfig) -> int:
    from hondo.engines.load import load
    from hondo.video.predict.outputs import FORMS, OutputConfig
    from hondo.video.predict.predict_sources import predict_sources
    from hondo.video.sources.source_list import SourceKind, find_sources
    from hondo.video.temporal.steady import SteadyConfig

    _check_numbers(config)
    forms = parse_list(config.save, option="--save", allowed=FORMS)
    sources = find_sources(config.sources, out=config.out)
    if "video" in forms and all(source.kind is SourceKind.IMAGE for source in sources):
        print("hondo: --save video: only videos and cameras give a video; these are images", file=sys.stderr)
    size_hw, options = parse_size(config.size), parse_options(config.model_options.option)
    predictor = load(
        config.model, config.model_options.weights, engine=config.engine, device=config.device, size_hw=size_hw,
        precision=config.precision, threads=config.threads, **options,
    )  # fmt: skip
    output = OutputConfig(
        out=writable_folder(config.out), forms=forms, png_factor=config.png_factor, palette=config.palette
    )
    on_progress = _Progress()
    items = predict_sources(
        predictor,
        sources,
        output=output,
        camera_of=_camera_of(config.camera, needed="ply" in forms),
        max_megapixels=config.max_megapixels,
        limit=config.limit,
        steady=SteadyConfig() if config.steady else None,
    )
    for item in items:
        on_progress.add(item)
    predictor.close()
    _report(on_progress, out=config.out)
    tell_if_untrained(config.model, weights=config.model_options.weights)
    return EXIT_SOME_FAILED if on_progress.failed else 0


def _check_numbers(config: PredictConfig) -> None:
    for name in ("png_factor", "max_megapixels", "limit"):
        value = getattr(config, name)
        if value is not None and not value > 0:
            raise HondoError(f"--{name.replace('_', '-')} must be positive, got {value:g}")


def _camera_of(given: str | None, *, needed: bool) -> Callable[[Size], Camera | None]:
    from hondo.data.datasets.intrinsics import ASSUMED_FOV_DEG, assumed_camera, image_camera

    if given is not None:
        return lambda size_hw: image_camera(given, size_hw=size_hw)
    if not needed:
        return lambda size_hw: None
    print(f"hondo: no --camera given: point clouds assume an image {ASSUMED_FOV_DEG:g} degrees wide", file=sys.stderr)
    return assumed_camera


class _Progress:
    """Tells of failures at once, and of the count now and then on a terminal."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.milliseconds: list[float] = []
        self.done = 0
        self.failed: set[str] = set()  # sources
        self._shown = 0.0

    def add(self, item: "Item") -> None:
        if item.error is not None:
            self.failed.add(item.source)
            print(f"hondo: skipped: {' '.join(item.error.split())}", file=sys.stderr)
            return
        self.done += 1
        self.milliseconds = [*self.milliseconds[-999:], item.milliseconds or 0.0]
        now = time.perf_counter()
        if sys.stderr.isatty() and now - self._shown > 0.5:
            self._shown = now
            at = "" if item.time_s is None else f" at {item.time_s:.1f} s"
            print(f"\r{item.source}{at}", end="\x1b[K\r", file=sys.stderr, flush=True)


def _report(on_progress: _Progress, *, out: Path) -> None:
    seconds = time.perf_counter() - on_progress.start
    times = sorted(on_progress.milliseconds)
    median = f", {times[len(times) // 2]:.1f} ms each (median)" if times else ""
    failed = f"; {len(on_progress.failed)} failed" if on_progress.failed else ""
    print(f"{on_progress.done} depth maps in {seconds:.1f} s{median} -> {out}{failed}")
