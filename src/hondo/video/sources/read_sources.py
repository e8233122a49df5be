"""Sources as one stream of decoded frames; what cannot be read comes as a frame that carries the error."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from hondo.core.errors import HondoError
from hondo.images.read import MAX_MEGAPIXELS, read_image
from hondo.images.video_file import VideoFrame, probe_video, read_video
from hondo.video.sources.live_feed import live_frames
from hondo.video.sources.source_list import Source, SourceKind

DEFAULT_FPS = 25.0  # of a colour video whose source does not state its own


@dataclass(frozen=True, kw_only=True)
class Frame:
    """An image of a source, or why there is none. ``time_s`` is None for an image file."""

    source: Source
    index: int = 0
    image: UInt8[np.ndarray, "h w 3"] | None = None
    time_s: float | None = None
    fps: float = DEFAULT_FPS
    error: HondoError | None = None


def read_sources(
    sources: Sequence[Source], *, max_megapixels: float = MAX_MEGAPIXELS, limit: int | None = None
) -> Iterator[Frame]:
    """Every frame of every source, in order; ``limit`` frames of each. A camera that does not answer raises."""
    for source in sources:
        if source.kind is SourceKind.IMAGE:
            yield _image(source, max_megapixels=max_megapixels)
        else:
            yield from _moving(source, limit=limit)


def _image(source: Source, *, max_megapixels: float) -> Frame:
    try:
        return Frame(source=source, image=read_image(source.path, max_megapixels=max_megapixels))
    except (HondoError, OSError) as error:
        return Frame(source=source, error=_readable(source, error))


def _moving(source: Source, *, limit: int | None) -> Iterator[Frame]:
    count = 0
    try:
        frames, fps = _open(source)
        for frame in frames:
            yield Frame(source=source, index=count, image=frame.image, time_s=frame.time_s, fps=fps)
            count += 1
            if count == limit:
                return
        if count == 0:
            raise HondoError(f"{source.text}: this video has no frames")
    except (HondoError, OSError) as error:
        if source.kind is SourceKind.LIVE and count == 0:
            raise
        yield Frame(source=source, index=count, error=_readable(source, error))


def _open(source: Source) -> tuple[Iterator[VideoFrame], float]:
    if source.kind is SourceKind.LIVE:
        return live_frames(source.text), DEFAULT_FPS
    return read_video(source.path), probe_video(source.path).fps or DEFAULT_FPS


def _readable(source: Source, error: HondoError | OSError) -> HondoError:
    if isinstance(error, HondoError):
        return error
    return HondoError(f"{source.text}: cannot be read ({error.strerror or error})")
