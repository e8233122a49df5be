"""How a camera moved between two images, from points seen in both; the length of the way cannot be seen."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float

MIN_POINTS = 30  # fewer fit almost any motion
_FAR = 1e4  # units of the way beyond which a point's distance is noise


@dataclass(frozen=True, kw_only=True)
class TwoView:
    """A motion whose translation has length 1, and the points that agree with it."""

    T_next_first: Float[np.ndarray, "4 4"]
    points: Float[np.ndarray, "m 3"]  # in the first camera's frame
    is_kept: Bool[np.ndarray, " n"]  # of the points given, those in ``points``


def two_view_motion(
    rays: Float[np.ndarray, "n 2"], next_rays: Float[np.ndarray, "n 2"], *, tolerance: float
) -> TwoView | None:
    """The motion that most points agree with to ``tolerance``; None where too few do.

    Rays are x/z and y/z in each camera's own frame. Five-point essential matrix (Nister 2004) by MAGSAC++ (Barath et
    al. 2020), then the one of its four motions that puts the points before both cameras.
    """
    if len(rays) < MIN_POINTS:
        return None
    pair = rays.astype(np.float64), next_rays.astype(np.float64)
    E, mask = cv2.findEssentialMat(*pair, np.eye(3), method=cv2.USAC_MAGSAC, prob=0.999, threshold=tolerance)
    if E is None or E.shape != (3, 3):
        return None
    _, R, t, mask, found = cv2.recoverPose(E, *pair, np.eye(3), distanceThresh=_FAR, mask=mask)
    is_kept = mask.ravel() > 0
    if is_kept.sum() < MIN_POINTS:
        return None
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = R, t[:, 0]
    points = (found[:3] / found[3]).T[is_kept]
    return TwoView(T_next_first=T, points=points, is_kept=is_kept)
