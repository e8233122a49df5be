"""The demo's images: the sheet before and after, the depth video, a point cloud."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from hondo.core.types import DepthKind, DepthMap
from hondo.geometry.depth_units import invert_depth
from hondo.images.draw import captioned, contact_sheet, side_by_side
from hondo.images.read import read_image, write_image
from hondo.images.video_writer import VideoWriter
from hondo.metrics.depth_edges import STEP
from hondo.metrics.depth_metrics import abs_rel
from hondo.recipes.demo.clip_accuracy import frame_factor, in_metres
from hondo.recipes.demo.demo_clip import DemoClip, measured_depth, spread
from hondo.recipes.demo.demo_config import ProgressReporter

SHEET_ROWS, TILE_WIDTH = 3, 256
CLOSER = 3  # times that close-ups are enlarged
ENDS = (2.0, 98.0)  # percentiles that the colours span
_EVERY = 8  # each 8th row and column is enough to find percentiles


def write_sheet(path: Path, before: Sequence[DepthMap], after: Sequence[DepthMap], clip: DemoClip) -> Path:
    """Rows of image, depth before, depth after and measured depth, in the colours of the measured depth.

    Below each row the same close up, where the most depth edges are measured.
    """
    tiles: list[np.ndarray] = []
    captions: list[str] = []
    for frame in spread(clip.measured.targets, SHEET_ROWS):
        measured = DepthMap(values=measured_depth(clip, frame), kind=DepthKind.METRIC_DEPTH)
        near, far = (float(end) for end in np.nanpercentile(measured.values, ENDS))
        predicted = [in_metres(maps[frame], frame_factor(maps[frame], clip, frame)) for maps in (before, after)]
        shown = [depth_map.color(near_far=(near, far)) for depth_map in (*predicted, without_hairlines(measured))]
        row, window = [read_image(clip.images[frame]), *shown], edge_window(measured.values)
        tiles += [*row, *(image[window] for image in row)]
        errors = [abs_rel(one.values, measured.values, is_valid=np.isfinite(measured.values)) for one in predicted]
        captions += [f"frame {frame}", f"before: abs_rel {errors[0]:.3f}", f"after: abs_rel {errors[1]:.3f}"]
        captions += [f"measured: {near:.1f} to {far:.1f} m"]
        captions += ["close up", "before", "after", "measured"]
    return write_image(path, contact_sheet(tiles, captions=captions, columns=4, tile_width=TILE_WIDTH))


def edge_window(depth: Float[np.ndarray, "h w"]) -> tuple[slice, slice]:
    """A third of the map's height and width where most depth edges are."""
    height, width = (max(1, side // CLOSER) for side in depth.shape)
    log = np.log(np.where(np.isfinite(depth) & (depth > 0), depth, np.nan))
    steps = np.zeros(depth.shape, np.float32)
    steps[:, 1:] += np.abs(np.diff(log, axis=1)) > np.log(STEP)
    steps[1:] += np.abs(np.diff(log, axis=0)) > np.log(STEP)
    sums = cv2.integral(steps)
    found = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    top, left = np.unravel_index(int(found.argmax()), found.shape)
    return slice(int(top), int(top) + height), slice(int(left), int(left) + width)


def write_video(
    path: Path, before: Sequence[DepthMap], after: Sequence[DepthMap], clip: DemoClip, *, progress: ProgressReporter
) -> Path:
    """Image, depth before and after side by side; colours span the whole clip, so that nothing flickers."""
    ends = [clip_range(maps) for maps in (before, after)]

    def frame(number: int) -> UInt8[np.ndarray, "h w 3"]:
        colours = [maps[number].color(near_far=near_far) for maps, near_far in zip((before, after), ends)]
        tiles = zip((read_image(clip.images[number]), *colours), ("image", "depth before", "depth after"))
        return side_by_side([captioned(image, text) for image, text in tiles])

    first = frame(0)
    with VideoWriter(path, size_hw=first.shape[:2], fps=clip.files.frames_per_second) as video:
        progress.each("depth video", range(len(clip.images)), lambda number: video.write(frame(number)))
    return path


def write_cloud(path: Path, maps: Sequence[DepthMap], clip: DemoClip) -> Path:
    """The points of the middle frame with measured depth, in colour; true up to one factor."""
    (frame,) = spread(clip.measured.targets, 1)
    return maps[frame].point_cloud().save(path)


def clip_range(maps: Sequence[DepthMap]) -> tuple[float, float]:
    """The near and far values, in the maps' unit, that hold most of the clip."""
    values = np.concatenate([depth_map.values[::_EVERY, ::_EVERY].ravel() for depth_map in maps])
    low, high = (float(end) for end in np.nanpercentile(values, ENDS))
    return (high, low) if maps[0].kind.is_inverse else (low, high)


def without_hairlines(measured: DepthMap) -> DepthMap:
    """Metres with gaps of a pixel or two closed, for the eye only: a morphological closing of the inverse depth."""
    inverse = invert_depth(measured.values, not_positive="zero").astype(np.float32)
    closed = cv2.morphologyEx(inverse, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    values = np.where(np.isfinite(measured.values), measured.values, invert_depth(closed))
    return DepthMap(values=values, kind=measured.kind)
