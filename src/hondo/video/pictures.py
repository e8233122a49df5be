"""A few pictures of a SOURCE, evenly spread over its files and their frames: to calibrate on, to check exports on."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from hondo.core.errors import HondoError
from hondo.engines.calibration import evenly
from hondo.images.io import read_image
from hondo.images.video_file import probe_video, read_video
from hondo.video.sources import SourceKind, find_sources

Picture = UInt8[np.ndarray, "h w 3"]


def spread_pictures(text: str, *, count: int) -> list[Picture]:
    """At most ``count`` pictures (RGB) of what the text names; each video gets an equal share of them.

    A file that cannot be read raises HondoError with its name, and so does a camera, which has nothing to choose from.
    """
    sources = find_sources([text])
    if any(source.kind is SourceKind.LIVE for source in sources):
        raise HondoError(f"{text}: a camera holds no pictures yet; give a picture, a folder, a glob or a video file")
    chosen = [sources[index] for index in evenly(len(sources), count=count)]
    share = -(-count // len(chosen))
    found: list[Picture] = []
    for source in chosen:
        found += _frames(source.path, share) if source.kind is SourceKind.VIDEO else [read_image(source.path)]
    return found[:count]


def _frames(path: Path, count: int) -> Iterator[Picture]:
    """``count`` frames at equal distances, or all if there are no more; the first ones where the length is hidden."""
    info = probe_video(path)
    length = info.frame_count or round((info.duration_s or 0) * info.fps)
    frames = read_video(path, every=max(1, length // count), max_frames=count)
    return (frame.image for frame in frames)
