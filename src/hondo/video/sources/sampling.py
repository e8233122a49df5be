"""A few images of a SOURCE, evenly spread over its files and their frames: to calibrate on, to check exports on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from hondo.core.errors import HondoError
from hondo.core.types import InputSpec, Size
from hondo.engines.quantization.calibration import COUNT, LEAST, Calibration, calibration_of, evenly
from hondo.images.read import read_image
from hondo.images.video_file import probe_video, read_video
from hondo.video.sources.read_sources import read_sources
from hondo.video.sources.source_list import Source, SourceKind, find_sources

Image = UInt8[np.ndarray, "h w 3"]


def spread_images(text: str, *, count: int) -> list[Image]:
    """At most ``count`` images (RGB) of what the text names; each video gets an equal share of them.

    A file that cannot be read raises HondoError with its name, and so does a camera, which has nothing to choose from.
    """
    sources = find_sources([text])
    if any(source.kind is SourceKind.LIVE for source in sources):
        raise HondoError(f"{text}: a camera holds no images yet; give an image, a folder, a glob or a video file")
    chosen = [sources[index] for index in evenly(len(sources), count=count)]
    share = -(-count // len(chosen))
    found: list[Image] = []
    for source in chosen:
        found += _frames(source.path, share) if source.kind is SourceKind.VIDEO else [read_image(source.path)]
    return found[:count]


def _frames(path: Path, count: int) -> Iterator[Image]:
    """``count`` frames at equal distances, or all if there are no more; the first ones where the length is hidden."""
    info = probe_video(path)
    length = info.frame_count or round((info.duration_s or 0) * info.fps)
    frames = read_video(path, every=max(1, length // count), max_frames=count)
    return (frame.image for frame in frames)


Told = Callable[[str], None]


def read_calibration(
    text: str, *, spec: InputSpec, size_hw: Size, count: int = COUNT, on_progress: Told = lambda line: None
) -> Calibration:
    """At most ``count`` images of a folder, glob, image or video, prepared for a network of this size.

    Videos share the count with each other and with the images. What cannot be read is told and left out.
    """
    if count < LEAST:
        raise HondoError(
            f"calibration_count {count} is too few: int8 needs at least {LEAST} images", field="calibration_count"
        )
    sources = find_sources([text])
    if any(source.kind is SourceKind.LIVE for source in sources):
        raise HondoError(
            f"calibration {text}: a camera shows something else each time; record a video and give that",
            field="calibration",
        )
    return calibration_of(
        _spread(sources, count=count, on_progress=on_progress), spec=spec, size_hw=size_hw, source=text
    )


def _spread(sources: list[Source], *, count: int, on_progress: Told) -> Iterator[np.ndarray]:
    videos = [source for source in sources if source.kind is SourceKind.VIDEO]
    images = [source for source in sources if source.kind is SourceKind.IMAGE]
    share = max(1, count // (len(videos) + (1 if images else 0))) if videos else 0
    chosen = [images[index] for index in evenly(len(images), count=max(1, count - share * len(videos)))]
    yield from _read(chosen, on_progress=on_progress)
    for index in evenly(len(videos), count=count):
        yield from _calibration_frames(videos[index], count=share, on_progress=on_progress)


def _read(sources: list[Source], *, on_progress: Told) -> Iterator[np.ndarray]:
    for frame in read_sources(sources):
        if frame.image is None:
            on_progress(f"skipped: {frame.error}")
        else:
            yield frame.image


def _calibration_frames(video: Source, *, count: int, on_progress: Told) -> list[np.ndarray]:
    """Frames at about equal distances, of a video whose length is not known beforehand.

    Every k-th is kept, and k doubled whenever they are four times too many.
    """
    kept: list[np.ndarray] = []
    every = 1
    for index, image in enumerate(_read([video], on_progress=on_progress)):
        if index % every == 0:
            kept.append(image)
        if len(kept) == 4 * count:
            kept, every = kept[::2], 2 * every
    return [kept[index] for index in evenly(len(kept), count=count)]
