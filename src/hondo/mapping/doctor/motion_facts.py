"""What the frames of a source show of motion: stillness, turning, moving objects, exposure, rolling shutter."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from hondo.core.types import Camera
from hondo.geometry.two_view import two_view_motion
from hondo.train.objectives.teaching_check import (
    EXPLAINED_PX,
    MIN_MATCHED,
    MIN_TURN_PX,
    STILL_PX,
    PairMotion,
    is_turning,
    measure_pair,
)

SPACED_PX, NUM_SPACED = 10.0, 40
NOISE_PX = 0.45  # of the flow over so long a way: what a rotation may miss
CUT_MATCHED = 0.1  # of the textured pixels: fewer that are found again are a cut
EXPOSURE_JUMP = 0.08  # change of the mean grey from one frame to the next
MIN_SHAKE_PX = 0.3  # change of the shift from pair to pair: less shows no rolling shutter
ROLLING_CORRELATION = 0.6
MIN_ROLLING_PAIRS = 10
Image = UInt8[np.ndarray, "h w 3"]


@dataclass(frozen=True, kw_only=True)
class MotionFacts:
    """Shares are of the pairs of neighbouring frames looked at; pixels are of frames of 192x256."""

    pairs: tuple[PairMotion, ...]
    spaced: tuple[PairMotion, ...]  # pairs so far apart that the camera's motion adds up: parallax shows
    motion_px: float  # median over the pairs of the 75th percentile of the flow
    still: float
    turning: float  # of the spaced pairs with motion, those that a rotation explains
    moving_objects: float  # median share of the matches that contradict the camera's motion
    exposure_jumps: float
    cuts: int
    readout: float | None  # of the time of a frame, from the first row to the last; None: not seen


def motion_facts(
    windows: Sequence[Sequence[Image]], camera: Camera, *, is_scene: Bool[np.ndarray, "h w"] | None = None
) -> MotionFacts:
    """Of windows of frames that follow each other; ``camera`` is that of the frames."""
    measured = [
        [measure_pair(one, other, camera, is_scene=is_scene) for one, other in pairwise(window)] for window in windows
    ]
    pairs = [pair for window in measured for pair in window]
    seen = [pair for pair in pairs if pair.matched >= MIN_MATCHED]
    motion_px = _median([pair.motion_px for pair in seen])
    spaced = [measure_pair(*pair, camera, is_scene=is_scene) for pair in spaced_pairs(windows, motion_px=motion_px)]
    moving = [pair for pair in spaced if pair.matched >= MIN_MATCHED and pair.motion_px >= MIN_TURN_PX]
    objects = [
        share
        for pair in moving
        if not is_turning(pair, noise_px=NOISE_PX) and (share := _contradicting(pair)) is not None
    ]
    return MotionFacts(
        pairs=tuple(pairs),
        spaced=tuple(spaced),
        motion_px=motion_px,
        still=_share([pair.motion_px < STILL_PX for pair in seen]),
        turning=_share([is_turning(pair, noise_px=NOISE_PX) for pair in moving]),
        moving_objects=_median(objects),
        exposure_jumps=_share([_exposure(*pair) > EXPOSURE_JUMP for window in windows for pair in pairwise(window)]),
        cuts=sum(pair.matched < CUT_MATCHED and pair.textured > 0.05 for pair in pairs),
        readout=rolling_shutter(measured),
    )


def spaced_pairs(windows: Sequence[Sequence[Image]], *, motion_px: float) -> list[tuple[Image, Image]]:
    """Pairs of frames between which ``motion_px`` a frame adds up to SPACED_PX, spread over the windows."""
    apart = max(1, round(SPACED_PX / max(motion_px, 0.3)))
    pairs = [
        (window[at], window[min(at + apart, len(window) - 1)])
        for window in windows
        for at in range(0, max(1, len(window) - apart), max(1, apart // 2))
    ]
    return [pairs[at] for at in np.unique(np.linspace(0, len(pairs) - 1, NUM_SPACED).round().astype(int))]


def rolling_shutter(windows: Sequence[Sequence[PairMotion]]) -> float | None:
    """The time from the first row to the last, in frames, by how rows move apart while the camera speeds up.

    A row that is read later sees a later motion: between two frames its shift is that of the middle row plus the share
    of the readout at its height times the change of the shift from pair to pair. Depth makes rows differ too, but not
    in step with that change.
    """
    slopes, changes = [], []
    for window in windows:
        fits = [_shift_and_slope(pair) for pair in window]
        for before, now, after in zip(fits, fits[1:], fits[2:]):
            if before is not None and now is not None and after is not None:
                slopes += list(now[1])
                changes += list((after[0] - before[0]) / 2)
    if len(slopes) < 2 * MIN_ROLLING_PAIRS or np.std(changes) < MIN_SHAKE_PX:
        return None
    slope, change = np.array(slopes) - np.median(slopes), np.array(changes) - np.median(changes)
    is_used = np.abs(slope) < 4 * np.median(np.abs(slope)) + 1
    if np.corrcoef(slope[is_used], change[is_used])[0, 1] < ROLLING_CORRELATION:
        return None
    readout = float((slope[is_used] * change[is_used]).sum() / (change[is_used] ** 2).sum())
    return readout if 0.1 < readout < 1.5 else None


def _shift_and_slope(pair: PairMotion) -> tuple[Float[np.ndarray, " 2"], Float[np.ndarray, " 2"]] | None:
    """The shift (x, y) of the middle row, and how much larger it is in the last row than in the first, in pixels."""
    if len(pair.rays) < 40:
        return None
    shift, y = (pair.next_rays - pair.rays) * pair.px, pair.rays[:, 1]
    height = 2 * np.abs(y).max()
    is_used = np.ones(len(y), bool)
    fit = np.zeros((2, 2))
    for _ in range(3):
        A = np.column_stack((np.ones(is_used.sum()), y[is_used] / height))
        fit = np.linalg.lstsq(A, shift[is_used], rcond=None)[0]
        miss = np.abs(shift - fit[0] - y[:, None] / height * fit[1]).max(1)
        is_used = miss <= np.percentile(miss, 70)
    return fit[0], fit[1]


def _contradicting(pair: PairMotion) -> float | None:
    """The share of matches that no rigid motion with the others explains."""
    seen = two_view_motion(pair.rays, pair.next_rays, tolerance=EXPLAINED_PX / pair.px)
    return None if seen is None else float(1 - seen.is_kept.mean())


def _exposure(image: Image, following: Image) -> float:
    """How much brighter or darker the next frame is: |log ratio| of the medians over blocks that hardly change else."""
    one, other = (cv2.resize(each, (16, 12), interpolation=cv2.INTER_AREA).mean(-1) + 1 for each in (image, following))
    return float(abs(np.median(np.log(other / one))))


def _share(flags: Sequence[bool]) -> float:
    return float(np.mean(flags)) if len(flags) else 0.0


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if len(values) else 0.0
