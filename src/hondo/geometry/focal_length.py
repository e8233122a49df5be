"""The focal length that makes the motion between images a rigid one: two-view geometry over many pairs.

Each pair gives, for every focal length tried, the likelihood of its matches by their distance to the epipolar lines of
the best rigid motion; the sum of these curves is highest at the focal length. Pairs drawn again and again (bootstrap,
Efron 1979) give the interval. The principal point is taken as the centre.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float

MIN_POINTS = 40  # of a pair; fewer fit any focal length
FOVS_DEG = (28.0, 120.0)  # along the width: what is tried
NUM_TRIED = 16
NUM_USED = 300  # matches of a pair
NOISE_PX = 0.05  # matches are never better
TOLERANCE_PX = 1.0  # of the fundamental matrix whose inliers are used
_DRAWS, _STEPS = 200, 3

Matches = tuple[Float[np.ndarray, "_ 2"], Float[np.ndarray, "_ 2"]]  # places in both images, in pixels from the centre


@dataclass(frozen=True, kw_only=True)
class FocalEstimate:
    """In pixels; ``low`` and ``high`` hold 90 % of what pairs drawn at random say."""

    focal: float
    low: float
    high: float
    num_pairs: int

    def scaled(self, factor: float) -> "FocalEstimate":
        """That of images ``factor`` times as large."""
        return replace(self, focal=self.focal * factor, low=self.low * factor, high=self.high * factor)

    @property
    def is_determined(self) -> bool:
        """Whether the motion says anything: straight ahead without turning, it does not."""
        return self.high < 1.8 * self.low


def estimate_focal_length(pairs: Sequence[Matches], *, width: int) -> FocalEstimate | None:
    """The focal length of images ``width`` pixels wide; None where no pair shows enough."""
    tried = width / 2 / np.tan(np.radians(np.geomspace(FOVS_DEG[1], FOVS_DEG[0], NUM_TRIED)) / 2)
    curves = [curve for first, following in pairs if (curve := _curve(first, following, tried)) is not None]
    if not curves:
        return None
    stacked = np.stack(curves)
    rng = np.random.default_rng(0)
    drawn = [_lowest(tried, stacked[rng.integers(0, len(stacked), len(stacked))].sum(0)) for _ in range(_DRAWS)]
    low, high = np.percentile(drawn, (5, 95))
    focal = _lowest(tried, stacked.sum(0))
    step = float(np.sqrt(tried[1] / tried[0]))  # the grid alone leaves that much open
    return FocalEstimate(
        focal=focal, low=float(min(low, focal / step)), high=float(max(high, focal * step)), num_pairs=len(stacked)
    )  # fmt: skip


def _curve(
    first: Float[np.ndarray, "n 2"], following: Float[np.ndarray, "n 2"], tried: Float[np.ndarray, " f"]
) -> Float[np.ndarray, " f"] | None:
    """Minus the log-likelihood at each focal length, of noise that the pair itself shows; None for too few matches."""
    if len(first) < MIN_POINTS:
        return None
    if len(first) > NUM_USED:
        chosen = np.random.default_rng(0).choice(len(first), NUM_USED, replace=False)
        first, following = first[chosen], following[chosen]
    F, mask = cv2.findFundamentalMat(first, following, cv2.USAC_MAGSAC, TOLERANCE_PX, 0.999, 2000)
    if F is None or F.shape != (3, 3) or mask is None or mask.sum() < MIN_POINTS:
        return None
    first, following = first[mask.ravel() > 0], following[mask.ravel() > 0]
    errors = np.array([_error(first, following, float(focal), F) for focal in tried])
    return 0.5 * len(first) * np.log(errors / len(first) + NOISE_PX**2)


def _error(
    first: Float[np.ndarray, "n 2"], following: Float[np.ndarray, "n 2"], focal: float, F: Float[np.ndarray, "3 3"]
) -> float:
    """The squared Sampson errors of the best rigid motion, summed: Gauss-Newton from the matrix nearest to F."""
    K = np.diag((focal, focal, 1.0))
    rays, next_rays = first / focal, following / focal
    _, R, t, _ = cv2.recoverPose(_essential(K.T @ F @ K), rays, next_rays, np.eye(3))
    t = t[:, 0]
    residual = focal * _sampson(R, t, rays, next_rays)
    for _ in range(_STEPS):
        basis = np.linalg.svd(t[None])[2][1:]  # 2 3: directions in which t turns

        def moved(x: Float[np.ndarray, " 5"], R=R, t=t, basis=basis):
            turned = t + x[3:] @ basis
            return cv2.Rodrigues(x[:3])[0] @ R, turned / np.linalg.norm(turned)

        small = 1e-5
        J = np.stack(
            [(focal * _sampson(*moved(each), rays, next_rays) - residual) / small for each in small * np.eye(5)], 1
        )
        weight = 1 / np.maximum(np.abs(residual), 0.5 * TOLERANCE_PX)  # Huber
        step = np.linalg.lstsq(J * np.sqrt(weight)[:, None], -residual * np.sqrt(weight), rcond=None)[0]
        R_new, t_new = moved(step)
        new = focal * _sampson(R_new, t_new, rays, next_rays)
        if _robust(new) >= _robust(residual):
            break
        R, t, residual = R_new, t_new, new
    return _robust(residual)


def _robust(residual: Float[np.ndarray, " n"]) -> float:
    return float(np.minimum(residual**2, TOLERANCE_PX**2).sum())


def _essential(E: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    """The nearest matrix with two equal singular values and a zero."""
    U, _, Vt = np.linalg.svd(E)
    return U @ np.diag((1.0, 1.0, 0.0)) @ Vt


def _sampson(
    R: Float[np.ndarray, "3 3"],
    t: Float[np.ndarray, " 3"],
    rays: Float[np.ndarray, "n 2"],
    next_rays: Float[np.ndarray, "n 2"],
) -> Float[np.ndarray, " n"]:
    """The first-order distance to the epipolar constraint (Sampson 1982), in x/z."""
    E = np.array([[0, -t[2], t[1]], [t[2], 0, -t[0]], [-t[1], t[0], 0]]) @ R
    one, other = np.column_stack((rays, np.ones(len(rays)))), np.column_stack((next_rays, np.ones(len(rays))))
    line, back = one @ E.T, other @ E
    return (other * line).sum(1) / np.sqrt((line[:, :2] ** 2).sum(1) + (back[:, :2] ** 2).sum(1) + 1e-18)


def _lowest(tried: Float[np.ndarray, " f"], curve: Float[np.ndarray, " f"]) -> float:
    """The minimum of a parabola through the lowest value and its neighbours, over log f."""
    at = int(np.argmin(curve))
    if not 0 < at < len(tried) - 1:
        return float(tried[at])
    left, middle, right = curve[at - 1 : at + 2]
    shift = 0.5 * (left - right) / max(left - 2 * middle + right, 1e-12)
    step = np.log(tried[at + 1] / tried[at])
    return float(tried[at] * np.exp(np.clip(shift, -0.5, 0.5) * step))
