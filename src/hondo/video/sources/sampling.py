"""A few images of a SOURCE, evenly spread over its files and their frames: to calibrate on, to check exports on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, Samples
from hondo.core.types import InputSpec, Size
from hondo.data.datasets.rgbd import MANIFEST, Rgbd
from hondo.data.loading.fit_sample import image_tensor
from hondo.engines.quantization.calibration import COUNT, LEAST, Calibration, calibration_of, evenly
from hondo.images.read import read_image
from hondo.images.video_file import probe_video, read_video
from hondo.video.sources.source_list import Source, SourceKind, find_sources

Image = UInt8[np.ndarray, "h w 3"]
OnSkip = Callable[[str], None]  # takes one line about a file that cannot be read


def spread_images(
    text: str, *, count: int, on_skip: OnSkip | None = None, field: str | None = None
) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    """At most ``count`` images of a folder, glob, image or video, evenly spread; read as they are asked for.

    Videos share the count with each other and with the images. A file that cannot be read raises HondoError, or is
    reported to ``on_skip`` and left out. ``field``: the argument that a refused camera is an error of.
    """
    sources = find_sources([text])
    if any(source.kind is SourceKind.LIVE for source in sources):
        raise HondoError(f"{text}: a camera shows something else each time; record a video and give that", field=field)
    videos = [source for source in sources if source.kind is SourceKind.VIDEO]
    images = [source for source in sources if source.kind is SourceKind.IMAGE]
    share = max(1, count // (len(videos) + bool(images)))  # of each video
    chosen = [images[index] for index in evenly(len(images), count=max(1, count - share * len(videos)))]
    chosen += [videos[index] for index in evenly(len(videos), count=count)]
    return (image for source in chosen for image in _read(source, count=share, on_skip=on_skip))


def read_samples(source: str, *, count: int = 16) -> Samples:
    """Every pair of a manifest (read when it is asked for), or at most ``count`` images, evenly spread."""
    path = Path(source)
    if (path / MANIFEST).is_file() or path.suffix == ".csv":
        return Rgbd(path)
    images = spread_images(source, count=count)
    return [Sample(image=image_tensor(torch.from_numpy(image)), origin=source) for image in images]


def calibration_reader(
    source: str | None, *, count: int | None = None, on_progress: OnSkip = lambda line: None
) -> Callable[[InputSpec, Size], Calibration] | None:
    """Reads calibration images once the network's input is known; None where no source is given."""
    if source is None:
        if count is not None:
            raise HondoError(
                "calibration_count is about calibration images: add calibration=SOURCE, or leave it out",
                field="calibration_count",
            )
        return None
    number = COUNT if count is None else count
    return lambda spec, size_hw: read_calibration(
        source, spec=spec, size_hw=size_hw, count=number, on_progress=on_progress
    )


def read_calibration(
    text: str, *, spec: InputSpec, size_hw: Size, count: int = COUNT, on_progress: OnSkip = lambda line: None
) -> Calibration:
    """At most ``count`` images of a folder, glob, image or video, prepared for a network of this size.

    What cannot be read is reported and left out.
    """
    if count < LEAST:
        raise HondoError(
            f"calibration_count {count} is too few: int8 needs at least {LEAST} images", field="calibration_count"
        )
    images = spread_images(text, count=count, on_skip=on_progress, field="calibration")
    return calibration_of(images, spec=spec, size_hw=size_hw, source=text)


def _read(source: Source, *, count: int, on_skip: OnSkip | None) -> list[Image]:
    """The image of a file, or ``count`` frames of a video."""
    kept: list[Image] = []
    try:
        if source.kind is SourceKind.IMAGE:
            return [read_image(source.path)]
        _read_frames(source.path, count=count, kept=kept)
    except (HondoError, OSError) as error:
        if on_skip is None:
            raise
        on_skip(f"skipped: {error}")  # what a damaged video gave before is kept
    return kept[:: max(1, len(kept) // count)][:count]


def _read_frames(path: Path, *, count: int, kept: list[Image]) -> None:
    """Frames at equal distances into ``kept``; up to four times ``count`` where a file does not state its length."""
    info = probe_video(path)
    length = info.frame_count or round((info.duration_s or 0) * info.fps)
    every = 1
    frames = read_video(path, every=max(1, length // count), max_frames=count if length else None)
    for index, frame in enumerate(frames):
        if index % every == 0:
            kept.append(frame.image)
        if len(kept) == 4 * count:
            kept[:], every = kept[::2], 2 * every
