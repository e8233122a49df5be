"""Disparity of a rectified stereo pair by semi-global matching, kept where both images agree on it."""

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

BLOCK = 5  # pixels, the window that is compared
SMALL_CHANGE, LARGE_CHANGE = 8 * 3 * BLOCK**2, 32 * 3 * BLOCK**2  # cost of 1 pixel, and of more (OpenCV's advice)
UNIQUENESS = 10  # per cent by which the best match must beat the second (OpenCV's advice: 5 to 15)
MAX_DISAGREEMENT = 1.0  # pixels between the disparities of both images (the usual left-right check)
SHARE_OF_WIDTH = 0.2  # of the image's width: the largest disparity that is looked for


def match_disparity(
    left: UInt8[np.ndarray, "h w 3"], right: UInt8[np.ndarray, "h w 3"], *, max_disparity: int | None = None
) -> tuple[Float[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """Disparity of the left image [px] (Hirschmueller 2008, OpenCV's), and where it is certain.

    A pixel at x of the left image lies at x - disparity of the right one. Certain are positive values that the right
    image, matched against the left, agrees with up to one pixel; occluded pixels are not.
    """
    wanted = max_disparity or int(SHARE_OF_WIDTH * left.shape[1])
    count = max(16, -(-wanted // 16) * 16)
    matcher = cv2.StereoSGBM.create(
        minDisparity=0,
        numDisparities=count,
        blockSize=BLOCK,
        P1=SMALL_CHANGE,
        P2=LARGE_CHANGE,
        uniquenessRatio=UNIQUENESS,
        mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
    )
    # A border as wide as the search: the matcher gives no value to its first columns.
    left, right = (cv2.copyMakeBorder(image, 0, 0, count, count, cv2.BORDER_REPLICATE) for image in (left, right))
    of_left = _computed(matcher, left, right)
    of_right = _computed(matcher, right[:, ::-1], left[:, ::-1])[:, ::-1]
    columns = np.arange(left.shape[1])[None]
    seen_at = np.clip(np.rint(columns - of_left), 0, left.shape[1] - 1).astype(int)
    agree = np.abs(np.take_along_axis(of_right, seen_at, axis=1) - of_left) <= MAX_DISAGREEMENT
    is_inside = columns - of_left >= count  # the point lies in the right image, not in its border
    inner = np.s_[:, count:-count]
    return of_left[inner], (agree & is_inside & (of_left > 0))[inner]


def _computed(
    matcher: cv2.StereoSGBM, left: UInt8[np.ndarray, "h w 3"], right: UInt8[np.ndarray, "h w 3"]
) -> Float[np.ndarray, "h w"]:
    """OpenCV counts in sixteenths of a pixel."""
    return matcher.compute(np.ascontiguousarray(left), np.ascontiguousarray(right)).astype(np.float32) / 16
