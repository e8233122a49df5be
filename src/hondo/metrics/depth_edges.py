"""How well a depth map places its depth edges: F-score within a tolerance, and the boundary errors of Koch et al. 2018.

Depths are in any unit, ``pred`` first: a factor between the two changes nothing. Distances are in pixels.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float

from hondo.core.errors import HondoError

STEP = 1.15  # ratio of the depths on both sides of the weakest sharp edge that counts
SIGMA = 1.0  # of the Gaussian before the derivative, pixels (Canny 1986)
REACH = 10  # pixels: Koch et al.'s theta, and half the widest gap in the ground truth that is bridged
NEAR = np.ones((2 * REACH + 1,) * 2, np.uint8)
TOLERANCE = 3.0  # pixels between edges that match


@dataclass(frozen=True, kw_only=True)
class EdgeScore:
    """The edges of one image. Without any predicted edge precision is 0 and ``dbe_accuracy`` is REACH."""

    precision: float  # share of predicted edges within TOLERANCE of a true one
    recall: float  # share of true edges within TOLERANCE of a predicted one
    dbe_accuracy: float  # mean distance of the predicted edges to true ones, of those within REACH (eq. 8)
    dbe_completeness: float  # mean distance of the true edges to predicted ones, at most REACH (eq. 9)

    @property
    def f_score(self) -> float:
        """2 P R / (P + R)"""
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-12)


def edge_score(
    pred: Float[np.ndarray, "_ _"], gt: Float[np.ndarray, "_ _"], *, is_valid: Bool[np.ndarray, "_ _"]
) -> EdgeScore | None:
    """The edges of ``pred`` beside those of ``gt``; None where the ground truth has none.

    Depth sensors lose the background beside an occluding edge: a gap of at most 2 REACH pixels in the ground truth
    counts as the farthest depth near it, and wider gaps are not scored.
    """
    if pred.shape != gt.shape or is_valid.shape != gt.shape:
        raise HondoError(
            f"prediction {pred.shape}, ground truth {gt.shape}, mask {is_valid.shape} differ in shape; resize first"
        )
    is_known = _closed(is_valid)
    filled = np.where(is_valid, gt, np.where(is_known, _farthest_near(gt, is_valid), 1.0))
    inside = cv2.erode(is_known.astype(np.uint8), np.ones((9, 9), np.uint8), borderValue=1) > 0  # the filter's support
    beside_valid = cv2.dilate(is_valid.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    true = depth_edges(filled) & inside & beside_valid
    if not true.any():
        return None
    found = depth_edges(pred) & inside
    if not found.any():
        return EdgeScore(precision=0.0, recall=0.0, dbe_accuracy=REACH, dbe_completeness=REACH)
    to_true, to_found = _distance_to(true)[found], _distance_to(found)[true]
    near = to_true[to_true <= REACH]
    return EdgeScore(
        precision=float(np.mean(to_true <= TOLERANCE)),
        recall=float(np.mean(to_found <= TOLERANCE)),
        dbe_accuracy=float(near.mean()) if near.size else float(REACH),
        dbe_completeness=float(np.minimum(to_found, REACH).mean()),
    )


def depth_edges(depth: Float[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Pixels where log depth changes fastest along its gradient, at least as fast as at a sharp step by STEP."""
    if not (np.isfinite(depth).all() and (depth > 0).all()):
        raise HondoError("depth edges are those of positive finite depth; mask the rest")
    smooth = cv2.GaussianBlur(np.log(depth, dtype=np.float64), (0, 0), SIGMA)
    padded = np.pad(smooth, 1, mode="edge")
    dx, dy = (padded[1:-1, 2:] - padded[1:-1, :-2]) / 2, (padded[2:, 1:-1] - padded[:-2, 1:-1]) / 2
    slope = np.hypot(dx, dy).round(9)  # equal on both sides of a step, whatever the factor
    weakest = math.log(STEP) * math.erf(1 / (SIGMA * math.sqrt(2))) / 2  # of a step, by the central difference
    return (slope >= weakest) & _is_ridge(slope, dx, dy)


def _is_ridge(
    slope: Float[np.ndarray, "h w"], dx: Float[np.ndarray, "h w"], dy: Float[np.ndarray, "h w"]
) -> Bool[np.ndarray, "h w"]:
    """Not less than the neighbour behind, more than the one ahead, in the nearest of four directions (Canny 1986)."""
    padded = np.pad(slope, 1)
    height, width = slope.shape
    sector = np.round(np.arctan2(dy, dx) / (np.pi / 4)).astype(int) % 4
    is_ridge = np.zeros(slope.shape, dtype=bool)
    for number, (down, right) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        behind = padded[1 - down : 1 - down + height, 1 - right : 1 - right + width]
        is_ridge |= (sector == number) & (slope > ahead) & (slope >= behind)
    return is_ridge


def _farthest_near(depth: Float[np.ndarray, "h w"], is_valid: Bool[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """The largest valid depth within REACH of every pixel; 0 where there is none."""
    return cv2.dilate(np.where(is_valid, depth, 0).astype(np.float32), NEAR, borderValue=0)


def _closed(is_valid: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """The mask without its gaps of at most 2 REACH pixels; the border of the image closes nothing."""
    grown = cv2.dilate(is_valid.astype(np.uint8), NEAR, borderValue=0)
    return (cv2.erode(grown, NEAR, borderValue=1) > 0) | is_valid


def _distance_to(marked: Bool[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Distance of every pixel to the next marked one."""
    return cv2.distanceTransform((~marked).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
