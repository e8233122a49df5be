"""Which samples a run reads: one config for each data set, naming it and its keyword arguments. Imports no torch."""

from dataclasses import dataclass
from typing import ClassVar

from hondo.core.types import Size


@dataclass(frozen=True, kw_only=True)
class FramesData:
    """Frames of a video or folder with their neighbours (hondo.data.datasets.clip.Frames)."""

    dataset: ClassVar[str] = "frames"
    root: str | None = None
    camera: str | None = None  # intrinsics: a file or fx,fy,cx,cy in pixels; None: those found in the folder
    size_hw: Size | None = (192, 288)  # the area of the network's images; their aspect is the video's own
    sources: tuple[int, ...] = (-1, 1)
    poses: str | None = None
    start: int = 0
    stop: int | None = None
    every: int = 1
    with_depth: bool | None = False


@dataclass(frozen=True, kw_only=True)
class RgbdData:
    """Images with depth, as listed in a manifest (hondo.data.datasets.rgbd.Rgbd)."""

    dataset: ClassVar[str] = "rgbd"
    root: str | None = None
    size_hw: Size | None = (192, 256)
    only: str | None = None
    every: int = 1


@dataclass(frozen=True, kw_only=True)
class SyntheticData:
    """Rendered scenes with exact depth (hondo.synthetic.SyntheticScenes). Needs no files."""

    dataset: ClassVar[str] = "synthetic"
    length: int = 1000
    seed: int = 0
    size_hw: Size = (192, 256)
