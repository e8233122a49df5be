"""The evaluation protocols by name: which pixels count, in which frame, alignment, clamp. Rows of two never mix."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from hondo.core.errors import unknown
from hondo.evaluate.accuracy import protocol_frame as frame

Size = tuple[int, int]
FrameRule = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, kw_only=True)
class Window:
    """The rows and columns that count, [start, stop): fractions of the frame (rounded down) or pixels."""

    rows: tuple[float, float]
    columns: tuple[float, float]
    is_fraction: bool = True

    def slices(self, size_hw: Size) -> tuple[slice, slice]:
        """Rows and columns in a frame of this size."""
        height, width = size_hw if self.is_fraction else (1, 1)
        rows, columns = [int(value * height) for value in self.rows], [int(value * width) for value in self.columns]
        return slice(*rows), slice(*columns)


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One named way to score, in metres. A ground-truth pixel counts if gt_above < gt < gt_below, within the window."""

    name: str
    says: str
    frame: FrameRule = frame.full_frame
    window: Window | None = None
    gt_above: float = 0.0
    gt_below: float = math.inf
    clamp_pred: tuple[float, float] | None = None  # after alignment
    align: str = "none"  # the protocol's own; see score_image.parse_align

    def is_scored(self, gt: Float[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
        """The mask (h w) of the pixels that count; unknown ground truth is 0 or NaN."""
        with np.errstate(invalid="ignore"):
            mask = np.isfinite(gt) & (gt > self.gt_above) & (gt < self.gt_below)
        if self.window is not None:
            inside = np.zeros(gt.shape, dtype=bool)
            inside[self.window.slices((gt.shape[0], gt.shape[1]))] = True
            mask &= inside
        return mask


GARG = Window(rows=(0.40810811, 0.99189189), columns=(0.03594771, 0.96405229))  # Garg et al. 2016
EIGEN = Window(rows=(0.3324324, 0.91351351), columns=(0.0359477, 0.96405229))  # Eigen et al. 2014, KITTI
NYU_EIGEN = Window(rows=(45, 471), columns=(41, 601), is_fraction=False)  # Eigen et al. 2014, NYU
KITTI_RANGE, NYU_RANGE = (1e-3, 80.0), (1e-3, 10.0)

_ENTRIES = (
    Protocol(
        name="dense",
        says="every pixel with known depth: no crop, no cap, no clamp",
    ),
    Protocol(
        name="kitti-eigen-raw-garg",
        says="Velodyne points of the 697 images, Garg crop, per-image median (Godard et al. 2019)",
        frame=frame.kitti_uncropped_frame,
        window=GARG,
        gt_above=1e-3,
        gt_below=80.0,
        clamp_pred=KITTI_RANGE,
        align="median",
    ),
    Protocol(
        name="kitti-eigen-annotated-garg",
        says="annotated depth of the 652 images, Garg crop of the full frame, no alignment (Lee et al. 2019, offline)",
        frame=frame.kitti_uncropped_frame,
        window=GARG,
        gt_above=1e-3,
        gt_below=80.0,
        clamp_pred=KITTI_RANGE,
    ),
    Protocol(
        name="kitti-eigen-annotated-double",
        says="ground truth cropped to 352x1216 first, Garg fractions of that (Bhat et al. 2021): easier",
        frame=frame.kb_frame,
        window=GARG,
        gt_above=1e-3,
        gt_below=80.0,
        clamp_pred=KITTI_RANGE,
    ),
    Protocol(
        name="kitti-eigen-crop",
        says="annotated depth, Eigen's crop of the full frame, no alignment",
        frame=frame.kitti_uncropped_frame,
        window=EIGEN,
        gt_above=1e-3,
        gt_below=80.0,
        clamp_pred=KITTI_RANGE,
    ),
    Protocol(
        name="kitti-eigen-benchmark",
        says="annotated depth of the 652 images, no crop, no cap on it, per-image median (Godard et al. 2019)",
        frame=frame.kitti_full_frame,
        clamp_pred=KITTI_RANGE,
        align="median",
    ),
    Protocol(
        name="nyu-eigen",
        says="654 images of 480x640, Eigen's crop, 1e-3..10 m, no alignment",
        frame=frame.nyu_frame,
        window=NYU_EIGEN,
        gt_above=1e-3,
        gt_below=10.0,
        clamp_pred=NYU_RANGE,
    ),
    Protocol(
        name="nyu-fastdepth",
        says="654 images, resized by 250/480, centre 228x304, resized to 224x224, no Eigen crop (Wofk et al. 2019)",
        frame=frame.fastdepth_frame,
    ),
)

PROTOCOLS: dict[str, Protocol] = {entry.name: entry for entry in _ENTRIES}


def protocol_named(name: str) -> Protocol:
    """An entry of PROTOCOLS."""
    if name not in PROTOCOLS:
        raise unknown("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]
