"""What one published data set is on disk: where its files lie, how depth is stored, what it may be used for."""

from dataclasses import dataclass, field
from typing import Literal

from hondo.core.truth_kind import TruthKind
from hondo.core.types import Size

# What the stored numbers are, after ``subtract`` and ``divide_by``.
Quantity = Literal["depth", "ray length", "disparity", "relative inverse depth"]


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How a depth file becomes metres: (stored - subtract) / divide_by is the quantity, ``invalid`` is unknown."""

    file: str  # what kind of file, for people
    decoder: str = "raster"  # a name in DECODERS (data/readers/depth_decoders)
    divide_by: float = 1.0
    subtract: float = 0.0
    quantity: Quantity = "depth"
    invalid: tuple[float, ...] = ()  # stored values, beside 0 of integers and what is not finite
    key: str = ""  # the array in HDF5 and MATLAB files
    # metres x pixels: depth = baseline_focal / disparity; None: from the calibration of the image
    baseline_focal: float | None = None

    def says(self) -> str:
        """One line for people."""
        stored = "stored" if not self.subtract else f"(stored - {self.subtract:g})"
        value = stored if self.divide_by == 1 else f"{stored} / {self.divide_by:g}"
        unit = {"disparity": "disparity in pixels", "depth": "depth", "ray length": "distance along the ray"}
        unknown = f"; unknown: {', '.join(f'{value:g}' for value in self.invalid)}" if self.invalid else ""
        return f"{self.file}: {unit.get(self.quantity, self.quantity)} = {value}{unknown}"


@dataclass(frozen=True, kw_only=True)
class Intrinsics:
    """Where fx, fy, cx, cy come from: a file for each image or folder, or numbers that the authors publish."""

    file: str = ""  # a template, as for depth maps
    files: tuple[str, ...] = ()  # several, of which the first that exists counts
    decoder: str = ""  # a name in CAMERAS (data/readers/camera_decoders); empty: any text that hondo knows
    fixed: tuple[float, float, float, float] | None = None  # fx, fy, cx, cy in pixels of an image of ``size_hw``
    size_hw: Size | None = None  # of the fixed numbers, or of a file that does not state it; None: of the image
    by_prefix: tuple[tuple[str, tuple[float, float, float, float]], ...] = ()  # of the image's path -> fx, fy, cx, cy

    @property
    def templates(self) -> tuple[str, ...]:
        """Where the file may lie."""
        return self.files or ((self.file,) if self.file else ())

    def says(self) -> str:
        """One line for people."""
        if self.templates:
            return f"`{self.templates[0]}`"
        numbers = [(prefix, values) for prefix, values in self.by_prefix] + ([("", self.fixed)] if self.fixed else [])
        texts = [
            f"{prefix + ' ' if prefix else ''}{', '.join(f'{value:g}' for value in values)}"
            for prefix, values in numbers
        ]
        size = f" for {self.size_hw[1]}x{self.size_hw[0]}" if self.size_hw else ""
        return f"published: {'; '.join(texts)}{size}" if texts else "not known"


@dataclass(frozen=True, kw_only=True)
class Mask:
    """A file beside the depth map that says where it counts: pixels of at least ``least``."""

    files: tuple[str, ...]  # templates, the first that exists counts
    least: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One data set. Paths are templates (data/layouts/path_template) relative to its root.

    Of several templates in ``images`` or ``depth`` the first that exists counts (PNG or JPEG, two ways to unpack).
    """

    name: str
    title: str
    truth: TruthKind
    scenes: str
    licence: str
    get: str  # a page of the authors
    images: tuple[str, ...]
    depth: tuple[str, ...] = ()
    encoding: Encoding | None = None
    mask: Mask | None = None
    intrinsics: Intrinsics = field(default_factory=Intrinsics)
    poses: tuple[str, ...] = ()  # templates; a camera-to-world matrix for each image
    right: tuple[str, ...] = ()  # templates; the right image of a rectified pair
    baseline: float | None = None  # metres between the pair; None: from the calibration of the image
    pair: Literal["name", "time"] = "name"  # time: the depth map nearest in time, from the file names
    reader: str = "files"  # a name in READERS (data/readers/reader_table)
    splits: tuple[str, ...] = ()  # names in SPLITS
    split_roots: tuple[str, ...] = ("",)  # folders that the paths in split lists are relative to
    split_line: str = ""  # a template: the image that a line "folder frame side" of a split list means
    median_m: tuple[float, float] = (0.3, 80.0)  # where medians of metric depth maps lie: outside is a wrong divisor
    may_stretch: bool = False  # depth maps have another aspect than their images, but show the same
    note: str = ""  # what to know, and what is not certain

    @property
    def is_metric(self) -> bool:
        """Whether its depth is in metres."""
        return self.truth is TruthKind.METRIC
