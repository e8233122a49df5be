"""Which samples a run reads: one config for each data set, naming it and its keyword arguments. Imports no torch."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from hondo.core.check_config import COUNT, NOT_NEGATIVE, POSITIVE, Limits, check_config
from hondo.core.errors import HondoError
from hondo.core.types import Size

_SIDE = Limits(at_least=16)  # pixels; networks halve their input four times and more


@dataclass(frozen=True, kw_only=True)
class FramesData:
    """Frames of videos or folders with their neighbours (hondo.data.datasets.clips)."""

    dataset: ClassVar[str] = "frames"
    root: str | tuple[str, ...] | None = None
    camera: str | None = None  # intrinsics: a file or fx,fy,cx,cy in pixels; None: those found in the folder
    size_hw: Size | None = (192, 288)  # the area of the network's images; their aspect is the video's own
    # Offsets in frames, or "stereo": the right image of a pair. None: "stereo" for a folder of pairs, else -1 and 1.
    sources: tuple[int | Literal["stereo"], ...] | None = None
    baseline: float | None = None  # metres between the cameras of a stereo pair
    poses: str | None = None
    start: int = 0
    stop: int | None = None
    every: int = 1
    with_depth: bool | None = False
    max_depth: float | None = None  # metres; farther is unknown. None: saturated and implausibly far values are
    partner_orientation: Literal["stored", "shown"] = "stored"  # of depth, intrinsics and poses of EXIF-turned images

    def __post_init__(self) -> None:
        check_config(self, name="data", limits={"size_hw": _SIDE, "every": COUNT, "baseline": POSITIVE})
        if self.sources is not None and (0 in self.sources or len(set(self.sources)) != len(self.sources)):
            raise HondoError("data.sources must be different offsets other than 0, e.g. -1 1", field="data.sources")


@dataclass(frozen=True, kw_only=True)
class RgbdData:
    """Images with depth, as listed in a manifest (hondo.data.datasets.rgbd.Rgbd)."""

    dataset: ClassVar[str] = "rgbd"
    root: str | None = None
    size_hw: Size | None = (192, 256)
    only: str | None = None
    every: int = 1
    max_depth: float | None = None  # as of FramesData
    partner_orientation: Literal["stored", "shown"] = "stored"

    def __post_init__(self) -> None:
        check_config(self, name="data", limits={"size_hw": _SIDE, "every": COUNT})


@dataclass(frozen=True, kw_only=True)
class SyntheticData:
    """Rendered scenes with exact depth (hondo.synthetic.SyntheticScenes). Needs no files."""

    dataset: ClassVar[str] = "synthetic"
    length: int = 1000
    seed: int = 0
    size_hw: Size = (192, 256)

    def __post_init__(self) -> None:
        check_config(self, name="data", limits={"length": COUNT, "size_hw": _SIDE})


@dataclass(frozen=True, kw_only=True)
class MixData:
    """Several data sets in one batch (hondo.data.loading.mixed_sets): "NAME:ROOT" of each, and its weight."""

    dataset: ClassVar[str] = "mix"
    sets: dict[str, float] = field(default_factory=dict)
    size_hw: Size = (192, 256)

    def __post_init__(self) -> None:
        check_config(self, name="data", limits={"sets": NOT_NEGATIVE, "size_hw": _SIDE})
