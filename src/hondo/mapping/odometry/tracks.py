"""Points followed from image to image: corners, and where they moved to (Shi & Tomasi 1994; Lucas & Kanade 1981)."""

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

WINDOW = 21  # pixels around a point that are compared
LEVELS = 3  # of the pyramid
CORNER_QUALITY = 0.003  # of the strongest corner
MIN_CORNER = 3e-5  # the least corner response: less is noise
_ROUND_TRIP = 0.5  # pixels by which the way there and back may miss its start
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 0.01)


def new_corners(
    grey: UInt8[np.ndarray, "h w"], taken: Float[np.ndarray, "n 2"], *, count: int, distance: float
) -> Float[np.ndarray, "m 2"]:
    """Up to ``count`` corners (x, y) from pixel 0, ``distance`` pixels from each other and from those ``taken``."""
    mask = np.full(grey.shape, 255, np.uint8)
    for x, y in np.rint(taken).astype(int):  # as many as are followed: a few hundred
        cv2.circle(mask, (int(x), int(y)), round(distance), 0, -1)
    mask[cv2.cornerMinEigenVal(grey, blockSize=5) < MIN_CORNER] = 0
    found = (
        cv2.goodFeaturesToTrack(grey, count, CORNER_QUALITY, distance, mask=mask, blockSize=5) if count > 0 else None
    )
    return np.zeros((0, 2)) if found is None else found[:, 0].astype(np.float64)


def follow(
    first: UInt8[np.ndarray, "h w"],
    following: UInt8[np.ndarray, "h w"],
    places: Float[np.ndarray, "n 2"],
    guess: Float[np.ndarray, "n 2"],
    *,
    window: int = WINDOW,
    levels: int = LEVELS,
) -> tuple[Float[np.ndarray, "n 2"], Bool[np.ndarray, " n"]]:
    """Where points of the one image lie in the other, starting at ``guess``, and which could be followed.

    A point counts that lies inside and comes back to its start.
    """
    if not len(places):
        return places, np.zeros(0, bool)
    start = places.astype(np.float32)
    moved, is_found = _flow(first, following, start, guess.astype(np.float32), window, levels)
    back, is_back = _flow(following, first, moved, start, window, levels)
    height, width = first.shape
    is_inside = ((moved >= 1) & (moved <= (width - 2, height - 2))).all(1)
    is_kept = is_found & is_back & is_inside & (np.linalg.norm(back - start, axis=1) < _ROUND_TRIP)
    return moved.astype(np.float64), is_kept


def _flow(first, following, start, guess, window, levels):
    moved, status, _ = cv2.calcOpticalFlowPyrLK(
        first, following, start[:, None], guess[:, None].copy(), winSize=(window, window), maxLevel=levels,
        criteria=_STOP, flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )  # fmt: skip
    return moved[:, 0], status[:, 0] > 0
