"""What moves with the camera, a hood, a watermark or black bars: it stands still in frames in which the scene moves."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from hondo.images.placement import Crop

MIN_FRAMES, MAX_FRAMES = 8, 48
MIN_CHANGE = 4.0  # grey levels: standard deviation over time of the median pixel; less shows too little motion
STILL_LEVELS, STILL_SHARE = 2.0, 0.15  # a still pixel changes by less than these levels or this part of the median one
EDGE = 8.0  # grey levels a pixel: an edge that stays in the mean of all frames
LASTING = 0.7  # of the slope in each frame
MIN_EDGES = 0.3  # of the outline of a still region that must be such edges: the sky's outline moves
MIN_AREA = 0.0015  # of the image
BLACK = 24  # grey levels
BORDER = 0.95  # of a row or column that is still: it is cut off


@dataclass(frozen=True, kw_only=True)
class StaticRegions:
    """``is_scene``: False where no scene is seen; ``crop``: without rows and columns that show none."""

    is_scene: Bool[np.ndarray, "h w"]
    crop: Crop
    has_bars: bool

    @property
    def masked(self) -> float:
        """The share of the window that is left, which the mask takes away."""
        top, left, height, width = self.crop
        return float(1 - self.is_scene[top : top + height, left : left + width].mean())


def find_static_regions(frames: Sequence[UInt8[np.ndarray, "h w 3"]]) -> StaticRegions | None:
    """None where too few frames or too little motion say nothing."""
    chosen = [frames[at] for at in np.unique(np.linspace(0, len(frames) - 1, MAX_FRAMES).round().astype(int))]
    if len(chosen) < MIN_FRAMES:
        return None
    stack = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in chosen]).astype(np.float32)
    mean, deviation = stack.mean(0), stack.std(0)
    scene_change = float(np.median(deviation[deviation > STILL_LEVELS])) if (deviation > STILL_LEVELS).any() else 0.0
    if scene_change < MIN_CHANGE:
        return None
    is_still = (deviation < max(STILL_LEVELS, STILL_SHARE * scene_change)).astype(np.uint8)
    is_still = cv2.morphologyEx(is_still, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    is_still = cv2.morphologyEx(is_still, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    is_edge = _edges_that_last(stack, mean)
    masked = np.zeros_like(is_still, bool)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(is_still)
    for label in range(1, count):
        region = labels == label
        if stats[label, cv2.CC_STAT_AREA] < MIN_AREA * region.size:
            continue
        if _lasting_edges(region, is_edge) > MIN_EDGES:
            masked |= region
    bars = _bars(stack.max(0) < BLACK)
    masked |= bars
    grown = cv2.dilate(masked.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return StaticRegions(is_scene=~grown, crop=_window(masked), has_bars=bool(bars.any()))


def _bars(is_black: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """The rows and columns at the borders that are black in all frames."""
    top, left, height, width = _window(is_black)
    bars = np.ones_like(is_black)
    bars[top : top + height, left : left + width] = False
    return bars


def _edges_that_last(stack: Float32[np.ndarray, "n h w"], mean: Float32[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Where the mean of all frames has an edge about as strong as each frame: edges that move blur in the mean."""
    each = np.mean([_slope(frame) for frame in stack[:: max(1, len(stack) // 16)]], axis=0)
    slope = _slope(mean)
    lasts = ((slope > EDGE) & (slope > LASTING * each)).astype(np.uint8)
    return cv2.dilate(lasts, np.ones((3, 3), np.uint8)) > 0


def _slope(image: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Grey levels a pixel."""
    return np.hypot(cv2.Sobel(image, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(image, cv2.CV_32F, 0, 1) / 8)


def _lasting_edges(region: Bool[np.ndarray, "h w"], is_edge: Bool[np.ndarray, "h w"]) -> float:
    """The share of such edges on a region's outline (not at the image's border), or in it where that is more."""
    kernel = np.ones((3, 3), np.uint8)
    grey = region.astype(np.uint8)
    outline = (cv2.dilate(grey, kernel) - cv2.erode(grey, kernel, borderValue=1)) > 0
    return float(max(is_edge[outline].mean() if outline.any() else 0.0, is_edge[region].mean()))


def _window(masked: Bool[np.ndarray, "h w"]) -> Crop:
    """The image without the rows and columns at its borders that are masked."""
    rows, columns = masked.mean(1) < BORDER, masked.mean(0) < BORDER
    if not rows.any() or not columns.any():
        return 0, 0, *masked.shape
    (top, *_, bottom), (left, *_, right) = (np.flatnonzero(each)[[0, -1]] for each in (rows, columns))
    return int(top), int(left), int(bottom - top + 1), int(right - left + 1)
