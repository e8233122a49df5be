"""The frame a protocol compares in: brings a prediction (in its own unit) and the ground truth to one size."""

import math
from typing import TypeAlias

import cv2
import numpy as np
from jaxtyping import Float, Int

from hondo.core.errors import HondoError

Map: TypeAlias = Float[np.ndarray, "_ _"]

KB_CROP_HW = (352, 1216)  # the KITTI depth benchmark's crop: bottom centre
NYU_HW = (480, 640)
FASTDEPTH_HW = (224, 224)
MAX_STRETCH = 1.01  # between the aspects of a prediction and of the ground truth
# Published networks for KITTI stretch its images (375x1242) to 320x1024, 256x832 or 128x416.
KITTI_MAX_STRETCH = 1.04


def full_frame(pred: Map, gt: Map) -> tuple[Map, Map]:
    """The ground truth as it is; the prediction is resized to it (bilinear, in its own unit)."""
    return resize(pred, gt.shape, max_stretch=MAX_STRETCH), gt


def kitti_full_frame(pred: Map, gt: Map) -> tuple[Map, Map]:
    """As full_frame, but a 352x1216 prediction is one of the KB crop: it is pasted, and NaN around it."""
    is_crop = pred.shape == KB_CROP_HW and gt.shape != KB_CROP_HW and _holds_kb_crop(gt.shape)
    if not is_crop:
        return resize(pred, gt.shape, max_stretch=KITTI_MAX_STRETCH), gt
    pasted = np.full(gt.shape, np.nan, dtype=pred.dtype)
    pasted[_kb_window(gt.shape)] = pred
    return pasted, gt


def kitti_uncropped_frame(pred: Map, gt: Map) -> tuple[Map, Map]:
    """As kitti_full_frame; refuses ground truth cropped before: the window is a part of the full frame."""
    if gt.shape == KB_CROP_HW:
        raise HondoError(
            "the ground truth is already cropped to 352x1216, but this protocol's window is a part of the full frame; "
            "give the uncropped ground truth, or use kitti-eigen-annotated-double"
        )
    return kitti_full_frame(pred, gt)


def kb_frame(pred: Map, gt: Map) -> tuple[Map, Map]:
    """Both cropped to 352x1216, bottom centre; a 352x1216 prediction is one of the crop already."""
    if not _holds_kb_crop(gt.shape):
        raise HondoError(f"the KB crop needs ground truth of at least 352x1216, got {gt.shape[0]}x{gt.shape[1]}")
    window = _kb_window(gt.shape)
    if pred.shape != KB_CROP_HW:
        pred = resize(pred, gt.shape, max_stretch=KITTI_MAX_STRETCH)[window]
    return pred, gt[window]


def nyu_frame(pred: Map, gt: Map) -> tuple[Map, Map]:
    """As full_frame, for 480x640 ground truth only: the window is in its pixels."""
    if gt.shape != NYU_HW:
        raise HondoError(
            f"NYU protocols need ground truth of 480x640 (height x width), got {gt.shape[0]}x{gt.shape[1]}"
        )
    return full_frame(pred, gt)


def fastdepth_frame(pred: Map, gt: Map) -> tuple[Map, Map]:
    """Resize by 250/480, centre crop 228x304, resize to 224x224, nearest (Wofk et al. 2019).

    A 224x224 prediction is in that frame already.
    """
    if gt.shape == FASTDEPTH_HW:
        return full_frame(pred, gt)
    _, gt = nyu_frame(gt, gt)
    rows, columns = _fastdepth_indices()
    if pred.shape != FASTDEPTH_HW:
        pred = resize(pred, NYU_HW, max_stretch=MAX_STRETCH)[rows][:, columns]
    return pred, gt[rows][:, columns]


def resize(values: Map, size_hw: tuple[int, ...], *, max_stretch: float) -> Map:
    """Bilinear, pixel centres at +0.5, without smoothing when it shrinks, as the published evaluators do.

    Refuses a map of another aspect, beyond what rounding its sides to whole pixels explains.
    """
    if values.shape == tuple(size_hw):
        return values
    (height, width), (wanted_height, wanted_width) = values.shape, size_hw
    stretch = abs(math.log(width / height * wanted_height / wanted_width))
    if stretch > math.log(max_stretch) + 0.5 / height + 0.5 / width:
        is_turned = abs(math.log(width / height * wanted_width / wanted_height)) < math.log(KITTI_MAX_STRETCH)
        turned = "it is transposed or turned by 90 degrees" if is_turned else "resize or crop it as the image"
        raise HondoError(
            f"the prediction is {height}x{width} (height x width), another aspect than the ground truth's "
            f"{wanted_height}x{wanted_width}: it does not show the same image; {turned}"
        )
    return cv2.resize(values, (size_hw[1], size_hw[0]), interpolation=cv2.INTER_LINEAR)


def _holds_kb_crop(size_hw: tuple[int, ...]) -> bool:
    return size_hw[0] >= KB_CROP_HW[0] and size_hw[1] >= KB_CROP_HW[1]


def _kb_window(size_hw: tuple[int, ...]) -> tuple[slice, slice]:
    top, left = size_hw[0] - KB_CROP_HW[0], (size_hw[1] - KB_CROP_HW[1]) // 2
    return slice(top, top + KB_CROP_HW[0]), slice(left, left + KB_CROP_HW[1])


def _fastdepth_indices() -> tuple[Int[np.ndarray, " h"], Int[np.ndarray, " w"]]:
    """Which rows and columns of 480x640 the two nearest resizes with the crop between them pick."""
    small_hw, crop_hw = (250, 333), (228, 304)
    picked = []
    for full, small, crop, final in zip(NYU_HW, small_hw, crop_hw, FASTDEPTH_HW, strict=True):
        start = round((small - crop) / 2)
        in_small = np.floor((np.arange(final) + 0.5) * crop / final).astype(int) + start
        picked.append(np.floor((in_small + 0.5) * full / small).astype(int))
    return picked[0], picked[1]
