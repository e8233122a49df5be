"""The values that pass between packages: Camera, DepthMap and InputSpec. NumPy only."""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Num, UInt8

from hondo.core.check_config import POSITIVE, check_config
from hondo.core.errors import HondoError

if TYPE_CHECKING:
    from hondo.geometry.point_cloud import PointCloud

Size = tuple[int, int]  # height, width

MAX_NETWORK_MEGAPIXELS = 30.0  # of a network's input: its features take gigabytes there
ASPECT_TOLERANCE = 0.01  # relative difference of two aspects that still count as one


def have_same_aspect(one_hw: Size, other_hw: Size) -> bool:
    """Whether two sizes are of one image at two scales; a size rounded to whole pixels may be off by half a pixel."""
    tolerance = max(ASPECT_TOLERANCE, 0.5 / min(*one_hw, *other_hw))
    return abs(one_hw[0] * other_hw[1] / (one_hw[1] * other_hw[0]) - 1) <= tolerance


def nearest_sizes(size_hw: Size, multiple_of: int) -> str:
    """The sizes below and above in words, for errors about one that is no multiple."""
    multiple_of = max(1, multiple_of)
    below, above = ([max(1, side // multiple_of + up) * multiple_of for side in size_hw] for up in (0, 1))
    above = [side if side % multiple_of == 0 and side > 0 else more for side, more in zip(size_hw, above, strict=True)]
    low, high = ("x".join(map(str, sides)) for sides in (below, above))
    return f"the nearest is {low}" if low == high else f"the nearest are {low} and {high}"


class DepthKind(enum.StrEnum):
    """What the values of a depth map mean."""

    METRIC_DEPTH = "metric_depth"  # metres
    METRIC_INVERSE_DEPTH = "metric_inverse_depth"  # 1 / metres
    SCALED_INVERSE_DEPTH = "scaled_inverse_depth"  # true up to one factor
    RELATIVE_INVERSE_DEPTH = "relative_inverse_depth"  # true up to a factor and a shift

    @property
    def is_inverse(self) -> bool:
        """Whether larger values are nearer."""
        return self is not DepthKind.METRIC_DEPTH

    @property
    def is_metric(self) -> bool:
        """Whether the scale is known."""
        return self in (DepthKind.METRIC_DEPTH, DepthKind.METRIC_INVERSE_DEPTH)

    @property
    def unit(self) -> str:
        """m, 1/m, or nothing where the scale is not known."""
        return {"metric_depth": "m", "metric_inverse_depth": "1/m"}.get(self.value, "")


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Pinhole intrinsics in pixels of an image of ``size_hw``; pixel centres lie at +0.5 (the first at 0.5, 0.5)."""

    fx: float
    fy: float
    cx: float
    cy: float
    size_hw: Size

    def __post_init__(self) -> None:
        height, width = self.size_hw
        numbers = (self.fx, self.fy, self.cx, self.cy)
        if not all(math.isfinite(value) for value in numbers):
            raise HondoError(f"camera has a value that is not finite: fx, fy, cx, cy = {numbers}")
        if height < 1 or width < 1:
            raise HondoError(f"camera size {height}x{width} is empty; give the size of the image as (height, width)")
        if self.fx <= 0 or self.fy <= 0:
            raise HondoError(f"focal lengths must be positive pixels, got fx={self.fx:g}, fy={self.fy:g}")
        if not (0 <= self.cx <= width and 0 <= self.cy <= height):
            raise HondoError(
                f"principal point ({self.cx:g}, {self.cy:g}) lies outside the {width}x{height} image; "
                "give intrinsics in pixels of this image's size (width x height must match it)"
            )

    @classmethod
    def from_K(cls, K: Sequence[Sequence[float]] | Num[np.ndarray, "..."], *, size_hw: Size) -> "Camera":
        """From a 3x3 intrinsic matrix in pixels; a matrix with skew or another last row is refused."""
        K = np.asarray(K, dtype=float)
        if K.shape != (3, 3):
            raise HondoError(f"K must be a 3x3 matrix, got shape {K.shape}")
        if abs(K[0, 1]) > 1e-6 or abs(K[1, 0]) > 1e-6 or not np.allclose(K[2], (0, 0, 1)):
            raise HondoError(f"K must be [[fx 0 cx] [0 fy cy] [0 0 1]] (no skew), got {K.tolist()}")
        return cls(fx=float(K[0, 0]), fy=float(K[1, 1]), cx=float(K[0, 2]), cy=float(K[1, 2]), size_hw=size_hw)

    @classmethod
    def from_fov(cls, horizontal_deg: float, *, size_hw: Size) -> "Camera":
        """Square pixels, centred principal point, the horizontal field of view in degrees."""
        if not 0 < horizontal_deg < 180:
            raise HondoError(f"field of view must lie between 0 and 180 degrees, got {horizontal_deg:g}")
        height, width = size_hw
        focal = width / 2 / math.tan(math.radians(horizontal_deg) / 2)
        return cls(fx=focal, fy=focal, cx=width / 2, cy=height / 2, size_hw=size_hw)

    @property
    def K(self) -> Float[np.ndarray, "3 3"]:
        """The 3x3 intrinsic matrix, float64, pixels."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]], dtype=np.float64)

    @property
    def horizontal_fov_deg(self) -> float:
        """The angle between the left and the right edge of the image, in degrees."""
        left, right = self.cx / self.fx, (self.size_hw[1] - self.cx) / self.fx
        return math.degrees(math.atan(left) + math.atan(right))

    def resized(self, size_hw: Size) -> "Camera":
        """The camera of the same image scaled to ``size_hw``: a plain scale, since pixel centres lie at +0.5."""
        sy, sx = size_hw[0] / self.size_hw[0], size_hw[1] / self.size_hw[1]
        height, width = size_hw
        return Camera(fx=self.fx * sx, fy=self.fy * sy, cx=self.cx * sx, cy=self.cy * sy, size_hw=(height, width))

    def for_image(self, size_hw: Size) -> "Camera":
        """The camera scaled to an image of ``size_hw``, which must have the same aspect."""
        if tuple(self.size_hw) == tuple(size_hw):
            return self
        if not have_same_aspect(self.size_hw, size_hw):
            raise HondoError(
                f"the camera's intrinsics are of a {self.size_hw[1]}x{self.size_hw[0]} image (width x height), this "
                f"one is {size_hw[1]}x{size_hw[0]} and has another aspect; give the intrinsics of this image"
            )
        return self.resized(size_hw)

    def cropped(self, *, top: int, left: int, size_hw: Size) -> "Camera":
        """The camera of the window that starts at (top, left); negative starts and larger sizes pad."""
        height, width = size_hw
        return Camera(fx=self.fx, fy=self.fy, cx=self.cx - left, cy=self.cy - top, size_hw=(height, width))

    def flipped(self) -> "Camera":
        """The camera of the image mirrored left to right."""
        return Camera(fx=self.fx, fy=self.fy, cx=self.size_hw[1] - self.cx, cy=self.cy, size_hw=self.size_hw)


def check_camera(camera: Any) -> None:
    """Refuses anything but a Camera or None."""
    if camera is not None and not isinstance(camera, Camera):
        raise HondoError(
            f"camera must be a hondo.Camera, got {camera!r}; give hondo.Camera(fx=, fy=, cx=, cy=, size_hw=(h, w))",
            field="camera",
        )


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """What a network wants: its native size, what sizes must be a multiple of, and its normalisation of RGB 0..1."""

    size_hw: Size
    multiple_of: int = 32
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    fixed: bool = False  # only size_hw itself: images are letterboxed

    def __post_init__(self) -> None:
        check_config(self, name="", limits={"std": POSITIVE})
        height, width = self.size_hw
        if height * width > MAX_NETWORK_MEGAPIXELS * 1e6:
            raise HondoError(
                f"network size {height}x{width} is over {MAX_NETWORK_MEGAPIXELS:g} megapixels; use a smaller one"
            )
        if min(self.size_hw) < 1 or self.multiple_of < 1 or any(size % self.multiple_of for size in self.size_hw):
            raise HondoError(
                f"network size {self.size_hw[0]}x{self.size_hw[1]} must be a positive multiple of {self.multiple_of}: "
                f"{nearest_sizes(self.size_hw, self.multiple_of)}"
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class DepthMap:
    """Depth values (h w, float32) of one image, and what they mean. Where nothing is known a value is NaN.

    ``kind`` says the unit: metres, 1/metres, or inverse depth up to a factor (and a shift). ``camera`` is of the map's
    size. ``confidence`` (h w) is 0..1. Two maps are equal where values, kind, camera and confidence are.
    ``np.asarray(depth_map)`` is its values; a notebook shows its colours.

    >>> near_far = np.array([[2.0, 1.0]], dtype=np.float32)
    >>> depth_map = DepthMap(values=near_far, kind=DepthKind.METRIC_INVERSE_DEPTH)
    >>> depth_map.depth().tolist()  # metres
    [[0.5, 1.0]]
    >>> scaled = DepthMap(values=near_far, kind=DepthKind.SCALED_INVERSE_DEPTH)
    >>> scaled.to("metric", factor=3.0).depth().tolist()
    [[1.5, 3.0]]
    """

    values: Float[np.ndarray, "..."]  # (h w)
    kind: DepthKind
    camera: Camera | None = None
    confidence: Float[np.ndarray, "h w"] | None = None
    image_rgb: UInt8[np.ndarray, "_ _ 3"] | None = field(
        default=None, repr=False
    )  # the image, for coloured point clouds

    def __post_init__(self) -> None:
        if not isinstance(self.values, np.ndarray):
            raise HondoError(f"depth values must be a NumPy array (h w), got {type(self.values).__name__}")
        if self.values.ndim != 2:
            raise HondoError(f"depth values must have shape (h w), got {self.values.shape}")
        if not isinstance(self.kind, DepthKind):
            raise HondoError(f"kind must be a DepthKind such as DepthKind.METRIC_DEPTH, got {self.kind!r}")
        check_camera(self.camera)
        if self.camera is not None and tuple(self.camera.size_hw) != self.values.shape:
            raise HondoError(f"camera is of a {self.camera.size_hw} image, the depth map is {self.values.shape}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DepthMap):
            return NotImplemented
        mine, theirs = self.confidence, other.confidence
        is_sure = mine is theirs or (mine is not None and theirs is not None and np.array_equal(mine, theirs))
        same = (self.kind, self.camera) == (other.kind, other.camera) and is_sure
        return same and np.array_equal(self.values, other.values, equal_nan=True)

    __hash__ = None  # type: ignore[assignment]  # as an array's

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Num[np.ndarray, "h w"]:
        return np.array(self.values, dtype=dtype, copy=copy)

    @property
    def size_hw(self) -> Size:
        """The map's (height, width)."""
        return self.values.shape[0], self.values.shape[1]

    def depth(self) -> Float[np.ndarray, "h w"]:
        """Depth in metres (h w). Raises ValueError where the scale is not known."""
        if not self.kind.is_metric:
            raise HondoError(
                f"this depth map is {self.kind}: its scale is not known, so it has no metres; "
                "align it with hondo.score(..., align='median') or use a metric model"
            )
        from hondo.geometry.depth_units import invert_depth

        return invert_depth(self.values) if self.kind.is_inverse else self.values

    def inverse_depth(self) -> Float[np.ndarray, "h w"]:
        """Inverse depth (h w): 1/m for metric kinds, else up to one factor (and a shift); NaN where it is unknown."""
        from hondo.geometry.depth_units import invert_depth

        return self.values if self.kind.is_inverse else invert_depth(self.values)

    def to(self, kind: DepthKind | str, factor: float | None = None) -> "DepthMap":
        """The map as another kind: a DepthKind, or "metric" for depth in metres; camera and image are kept.

        With ``factor``, metres = factor x depth of this map, as in ``hondo.score(align=5.4)``.
        Raises HondoError where it is missing, or where a shift is not known either.
        """
        from hondo.geometry.depth_kinds import to_kind

        return to_kind(self, kind, factor=factor)

    def save(self, path: str | Path, **options: Any) -> Path:
        """Writes by suffix: .png (16 bit), .npy, .ply, or .jpg (colours); options: see images.depth_file.save_depth."""
        from hondo.images.depth_file import save_depth

        return save_depth(self, path, **options)

    def color(self, palette: str = "turbo", near_far: tuple[float, float] | None = None) -> UInt8[np.ndarray, "h w 3"]:
        """A colour image, uint8 (h w 3) RGB, near warm; ``near_far`` are the values of the ends of the palette."""
        from hondo.images.colour import colourise

        return colourise(self, palette=palette, near_far=near_far)

    def point_cloud(self) -> "PointCloud":
        """Points in camera coordinates: metres for metric kinds, one unknown unit for scaled ones; else raises."""
        from hondo.geometry.point_cloud import point_cloud

        return point_cloud(self)

    def _repr_png_(self) -> bytes:
        """The colours as a PNG, for notebooks."""
        from hondo.images.depth_file import colours_as_png

        return colours_as_png(self)
