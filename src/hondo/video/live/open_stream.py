"""A live stream of a source by name, with its camera and its bounds: what ``hondo live`` shows."""

from dataclasses import dataclass

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import Predictor
from hondo.core.types import Size
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.data.datasets.intrinsics import assumed_camera, image_camera
from hondo.video.live.live_stream import Stream
from hondo.video.sources.source_list import CLIP
from hondo.video.temporal.steady import SteadyConfig


@dataclass(frozen=True, kw_only=True)
class LiveSettings:
    """A source, and how it is shown."""

    source: str  # webcam:0, an address, a video file, a folder of images, or "clip"
    fps: float | None = None  # for which the network's size is lowered; None: the size stays
    min_size: Size | None = None  # the smallest network size, with fps; None: half the sides
    loop: bool = False
    stays: bool = False  # a recording waits at its end, where it can be sought
    steady: bool = True
    camera: str | None = None  # intrinsics: a file, or fx,fy,cx,cy; None: an image 60 degrees wide

    def __post_init__(self) -> None:
        if self.min_size is not None and self.fps is None:
            raise HondoError("min_size needs fps=N, for which the network's size is lowered", field="min_size")
        if self.fps is not None and not self.fps > 0:
            raise HondoError(f"fps must be positive, got {self.fps:g}", field="fps")


def open_stream(settings: LiveSettings, predictor: Predictor) -> Stream:
    """The stream, not yet started."""
    source, given = settings.source, settings.camera
    if source == CLIP:
        source, given = str(embedded_clip().folder), given or str(embedded_clip().intrinsics)
    smallest = settings.min_size
    return Stream(
        source,
        predictor,
        fps=settings.fps,
        loop=settings.loop,
        stays=settings.stays,
        steady=SteadyConfig() if settings.steady else None,
        size_bounds=None if smallest is None else (smallest, predictor.input_spec.size_hw),
        camera_of=assumed_camera if given is None else lambda size_hw: image_camera(given, size_hw=size_hw),
    )
