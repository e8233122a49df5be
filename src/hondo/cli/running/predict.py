"""``hondo predict``: depth of images, folders, videos and cameras, into a folder."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options.flags import text_with_flags
from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import (
    NO_OPTIONS,
    CameraOption,
    SharedModelOptions,
    SourcesArgument,
    model_settings,
)
from hondo.core.atomic import make_writable_folder
from hondo.core.errors import HondoError

if TYPE_CHECKING:
    from hondo.video.predict.manifest import Item
    from hondo.video.predict.outputs import OutputConfig

EXIT_SOME_FAILED = 1


@dataclass(frozen=True, kw_only=True)
class PredictConfig:
    """Writes the depth of every SOURCE into a folder, with predictions.json."""

    sources: SourcesArgument = ()
    """Images, folders (with subfolders), globs, video files, webcam:0, rtsp:// addresses."""
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")] = "hondo-nano"
    """A name from `hondo models`, a run folder, or a file (.safetensors, .onnx, .xml, .pt2, .engine, .pte)."""
    out: Annotated[str, tyro.conf.arg(metavar="FOLDER")] = "predictions"
    """Folder for the results; with --address also a URL, such as s3://bucket/depth."""
    camera: CameraOption = None
    fov: Annotated[float | None, shown_as("DEGREES")] = None
    """Horizontal field of view in place of --camera. Default where points need it: EXIF, else 60 degrees."""
    metric_from: Annotated[str | None, shown_as("HOW")] = None
    """What gives metres: known=x,y,metres (measured at one pixel), points=FILE (lines x,y,metres), height=METRES of the
    camera above a level floor, or focal: those of a metric model, for your camera (--camera, --fov or EXIF)."""
    known_distance: Annotated[str | None, shown_as("x,y,METRES")] = None
    """Short for --metric-from known=x,y,METRES: a tape measure on one pixel."""
    save: Annotated[str, tyro.conf.arg(metavar="NAMES")] = "png16"
    """Comma list of png16, npy, color, ply, video, confidence (8-bit PNG, 255 = certain; from the mirrored image)."""
    png_factor: Annotated[float, tyro.conf.arg(metavar="N")] = 256.0
    """Stored value of one metre in 16-bit images of metric models (1000 for indoor use)."""
    palette: Annotated[str, tyro.conf.arg(metavar="NAME")] = "turbo"
    """Colours of `color` and `video`."""
    audio: bool = True
    """Copy the sound of a video into its depth video; --no-audio leaves it out."""
    limit: Annotated[int | None, shown_as("N")] = None
    """Frames of each video or camera. Default: all."""
    steady: bool = False
    """Videos, cameras and folders of frames in order: one scale over the clip, and no flicker."""
    max_megapixels: Annotated[float, tyro.conf.arg(metavar="N")] = 100.0
    """Larger images are refused before they are decoded."""
    address: Annotated[str | None, tyro.conf.arg(metavar="RAY")] = None
    """Run on Ray, for very many images: local, auto, or HOST:PORT of a cluster. SOURCE may then be a URL or shards
    (.tar) too; the same command goes on where one was cut off."""
    workers: Annotated[int, tyro.conf.arg(metavar="N")] = 2
    """Processes with a model each, with --address."""
    part_size: Annotated[int, tyro.conf.arg(metavar="N")] = 256
    """Images that a worker does at once, and that one folder of the results holds, with --address."""
    network: SharedModelOptions = NO_OPTIONS


def run(config: PredictConfig) -> int:
    if config.address is not None:
        return _run_on_ray(config, config.address)
    if not config.sources or not all(Path(text).exists() for text in config.sources):
        from hondo.video.sources.source_list import find_sources

        find_sources(config.sources)  # refuses what is not there before anything slow is imported
    output, metric_from = _output(config), _metric_from(config)
    make_writable_folder(Path(config.out), field="out")
    from hondo.video.predict.predict_sources import predict_files

    settings = model_settings(config.network)
    items = predict_files(
        config.sources, model=config.model, settings=settings, output=output,
        camera=_camera(config), max_megapixels=config.max_megapixels, limit=config.limit, steady=config.steady,
        metric_from=metric_from,
        on_warning=lambda text: print(f"hondo: {text}", file=sys.stderr),
    )  # fmt: skip
    count = _Count()
    for item in items:
        count.add(item)
    print(count.summary(out=Path(config.out)))
    return EXIT_SOME_FAILED if count.failed else 0


def _run_on_ray(config: PredictConfig, address: str) -> int:
    from hondo.fleet.batch.predict_on_ray import BatchJob, predict_on

    for name in ("camera", "fov", "metric_from", "known_distance"):
        if getattr(config, name) is not None:
            raise HondoError(f"--{name.replace('_', '-')} is not available with --address")
    if config.workers < 1 or config.part_size < 1:
        raise HondoError(f"--workers and --part-size must be at least 1, got {config.workers}, {config.part_size}")
    job = BatchJob(
        model=config.model, settings=model_settings(config.network), output=_output(config), out=config.out,
        limit=config.limit,
    )  # fmt: skip
    found = predict_on(
        address, config.sources, job, workers=config.workers, part_size=config.part_size,
        on_part=lambda line, done, total: print(
            f"[{done}/{total}] {line.part}: {line.outputs} maps ({line.seconds:.0f} s)", file=sys.stderr, flush=True
        ),
    )  # fmt: skip
    print(
        f"{found.images} depth maps in {len(found.parts)} parts ({found.new} new), {found.failed} failed: {config.out}"
    )
    return EXIT_SOME_FAILED if found.failed else 0


def _camera(config: PredictConfig) -> str | None:
    if config.fov is None:
        return config.camera
    if config.camera is not None:
        raise HondoError("--camera and --fov exclude each other; give one of them")
    return f"fov={config.fov:g}"


def _metric_from(config: PredictConfig) -> str | None:
    if config.known_distance is None:
        return config.metric_from
    if config.metric_from is not None:
        raise HondoError("--metric-from and --known-distance exclude each other; give one of them")
    return f"known={config.known_distance}"


def _output(config: PredictConfig) -> "OutputConfig":
    from hondo.video.predict.outputs import FORMS, OutputConfig

    forms = parse_list(config.save, option="--save", allowed=FORMS)
    return OutputConfig(
        out=Path(config.out), forms=forms, png_factor=config.png_factor, palette=config.palette, has_sound=config.audio
    )


def parse_list(text: str, *, option: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """A comma list of allowed words, each once."""
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    wrong = [word for word in words if word not in allowed]
    if wrong or not words:
        raise HondoError(f"{option} '{text}': {wrong[0] if wrong else 'nothing'} is not one of {', '.join(allowed)}")
    return words


class _Count:
    """Prints failures at once, and counts what is done."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.milliseconds: list[float] = []
        self.done = 0
        self.failed: set[str] = set()  # sources

    def add(self, item: "Item") -> None:
        if item.error is not None:
            self.failed.add(item.source)
            reason = text_with_flags(" ".join(item.error.split()), command="predict")
            print(f"hondo: skipped: {reason}", file=sys.stderr)
            return
        self.done += 1
        self.milliseconds = [*self.milliseconds[-999:], item.milliseconds or 0.0]

    def summary(self, *, out: Path) -> str:
        """What was done, in how much time."""
        seconds, times = time.perf_counter() - self.start, sorted(self.milliseconds)
        median = f", {times[len(times) // 2]:.1f} ms each (median)" if times else ""
        failed = f"; {len(self.failed)} failed" if self.failed else ""
        return f"{self.done} depth maps in {seconds:.1f} s{median} -> {out}{failed}"
