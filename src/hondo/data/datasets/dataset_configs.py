"""Which samples a run reads: one config for each data set, naming it and its keyword arguments. Imports no torch."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from hondo.core.check_config import COUNT, NOT_NEGATIVE, POSITIVE, Limits, check_config
from hondo.core.errors import HondoError, unknown
from hondo.core.types import Size
from hondo.data.layouts.layout_table import LAYOUTS

_SIDE = Limits(at_least=16)  # pixels; networks halve their input four times and more
_ANGLE = Limits(at_least=1, at_most=170)  # degrees


@dataclass(frozen=True, kw_only=True)
class FramesData:
    """Frames with their neighbours: of videos or folders (hondo.data.datasets.clips), or of a published data set."""

    name: str | None = None  # a data set of `hondo data list`; None: root is a video, a folder, or several
    root: str | tuple[str, ...] | None = None
    camera: str | None = None  # intrinsics: a file or fx,fy,cx,cy in pixels; None: those found in the folder
    size_hw: Size | None = (192, 288)  # the area of the network's images; their aspect is the video's own
    # Offsets in frames, or "stereo": the right image of a pair. None: "stereo" for a folder of pairs, else -1 and 1.
    sources: tuple[int | Literal["stereo"], ...] | None = None
    baseline: float | None = None  # metres between the cameras of a stereo pair; None: as the camera's file says
    right: str | None = None  # folder or video of the right images, or "side-by-side": each frame shows both views
    poses: str | None = None
    track: str | None = None  # a CSV table of speeds or GPS positions; None: track.csv, speeds.csv or gps.csv beside
    split: str | None = None  # of a published data set: a name of `hondo data splits`, or a file
    lists: str | None = None  # the folder of the published split lists; None: root/splits
    start: int = 0
    stop: int | None = None
    every: int = 1
    depth: str | None = None  # which depth, where a published data set has several (KITTI: velodyne)
    with_depth: bool | None = False
    crop: tuple[int, int, int, int] | None = None  # the window used: top, left, height, width in pixels of the clip
    mask: str | None = None  # an image of the clip's shape, black where no scene is seen: hood, watermark, bars
    max_depth: float | None = None  # metres; farther is unknown. None: saturated and implausibly far values are
    partner_orientation: Literal["stored", "shown"] = "stored"  # of depth, intrinsics and poses of EXIF-turned images

    @property
    def dataset(self) -> str:
        """The entry of DATASETS."""
        return self.name or "frames"

    def __post_init__(self) -> None:
        check_config(self, name="data", limits={"size_hw": _SIDE, "every": COUNT, "baseline": POSITIVE})
        _check_published(self, ("split", "lists", "depth"))
        if self.sources is not None and (0 in self.sources or len(set(self.sources)) != len(self.sources)):
            raise HondoError("data.sources must be different offsets other than 0, e.g. -1 1", field="data.sources")


@dataclass(frozen=True, kw_only=True)
class RgbdData:
    """Images with depth: those of a manifest (hondo.data.datasets.rgbd.Rgbd), or of a published data set by name."""

    name: str | None = None  # a data set of `hondo data list`; None: root holds a manifest.csv
    root: str | None = None
    size_hw: Size | None = (192, 256)
    split: str | None = None  # of a published data set: a name of `hondo data splits`, or a file
    lists: str | None = None  # the folder of the published split lists; None: root/splits
    depth: str | None = None  # which depth, where a data set has several (KITTI: velodyne)
    # What a model that completes depth is shown: another depth of the data set (KITTI: velodyne), or of the same images
    # in another manifest. None: some of the labelled pixels.
    measured: str | None = None
    max_depth: float | None = None  # metres; farther is unknown. None: saturated and implausibly far values are
    only: str | None = None
    every: int = 1
    partner_orientation: Literal["stored", "shown"] = "stored"

    @property
    def dataset(self) -> str:
        """The entry of DATASETS."""
        return self.name or "rgbd"

    def __post_init__(self) -> None:
        check_config(self, name="data", limits={"size_hw": _SIDE, "every": COUNT, "max_depth": POSITIVE})
        _check_published(self, ("split", "lists", "depth"))


@dataclass(frozen=True, kw_only=True)
class PhotosData:
    """Images of any sizes below a folder, without labels (hondo.data.loading.photos.Photos)."""

    dataset: ClassVar[str] = "photos"
    root: str | None = None
    size_hw: Size | None = (192, 256)

    def __post_init__(self) -> None:
        check_config(self, name="data", limits={"size_hw": _SIDE})


@dataclass(frozen=True, kw_only=True)
class SyntheticData:
    """Rendered scenes with exact depth (hondo.synthetic.SyntheticScenes). Needs no files."""

    dataset: ClassVar[str] = "synthetic"
    length: int = 1000
    seed: int = 0
    size_hw: Size = (192, 256)
    sources: tuple[int | Literal["stereo"], ...] = ()  # other views, with their poses: offsets in frames, or "stereo"
    worlds: dict[str, float] | None = None  # and how often each is drawn; None: the mixture of hondo.synthetic
    fov_deg: tuple[float, float] = (40.0, 100.0)  # from which each scene's horizontal field of view is drawn
    baseline: float = 0.12  # metres between the cameras of "stereo"

    def __post_init__(self) -> None:
        limits = {"length": COUNT, "size_hw": _SIDE, "worlds": NOT_NEGATIVE, "fov_deg": _ANGLE, "baseline": POSITIVE}
        check_config(self, name="data", limits=limits)


@dataclass(frozen=True, kw_only=True)
class MixData:
    """Several data sets in one batch (data/loading/mixed_sets): "NAME:ROOT" or "NAME@SPLIT:ROOT", and its weight."""

    dataset: ClassVar[str] = "mix"
    sets: dict[str, float] = field(default_factory=dict)
    root: str | None = None  # where published sets without a root of their own lie, each in a folder of its name
    size_hw: Size = (192, 256)

    def __post_init__(self) -> None:
        check_config(self, name="data", limits={"sets": NOT_NEGATIVE, "size_hw": _SIDE})


def _check_published(data: FramesData | RgbdData, options: tuple[str, ...]) -> None:
    """Refuses a name that is not in LAYOUTS, and options of published data sets without one."""
    if data.name is not None and data.name not in LAYOUTS:
        raise unknown("data.name", data.name, LAYOUTS, field="data.name")
    for option in options:
        if data.name is None and getattr(data, option) is not None:
            raise HondoError(f"data.{option} is of published data sets: give data.name too", field=f"data.{option}")
