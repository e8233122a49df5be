"""What a calibration file says of a rectified stereo pair: the camera of both views, and metres between them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError, reason_of
from hondo.core.text_file import load_object, read_text
from hondo.data.partners.intrinsics_formats import flat_words, yaml_tree

MAX_BASELINE_M = 5.0  # more is rather another unit
_KITTI_PAIRS = (("P_rect_02", "P_rect_03"), ("P2", "P3"), ("P_rect_00", "P_rect_01"), ("P0", "P1"))


@dataclass(frozen=True, kw_only=True)
class StereoCalibration:
    """``K``: fx, fy, cx, cy of the rectified views, where the file has projection matrices; ``baseline`` in metres."""

    K: tuple[float, float, float, float] | None = None
    baseline: float | None = None


def read_stereo_calibration(path: Path) -> StereoCalibration:
    """Of JSON or text with ``baseline``; of OpenCV's YAML with P1 and P2 (stereoRectify) or T; of KITTI's files.

    OpenCV does not state the unit of T and P2: more than 5 is refused, as millimetres are.
    """
    text = read_text(path)
    try:
        tree = load_object(text, name="it") if text.lstrip().startswith("{") else yaml_tree(text)
        found = _of_matrices(tree, path)
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise HondoError(f"{path} states no calibration: {reason_of(error)}", field="camera") from error
    return StereoCalibration(K=found.K, baseline=_checked(found.baseline, path))


def _of_matrices(tree: Mapping[str, Any], path: Path) -> StereoCalibration:
    """By the first of: baseline, projection matrices of both views, the translation between them."""
    stated = next((tree[key] for key in ("baseline", "baseline_m") if key in tree), None)
    left, right = _projections(tree)
    K = None
    if left is not None:
        K = float(left[0, 0]), float(left[1, 1]), float(left[0, 2]), float(left[1, 2])
    if stated is not None:
        return StereoCalibration(K=K, baseline=float(stated))
    if left is not None and right is not None:
        return StereoCalibration(K=K, baseline=float(left[0, 3] - right[0, 3]) / float(left[0, 0]))
    if "T" in tree:
        return StereoCalibration(K=K, baseline=float(np.linalg.norm(_numbers(tree["T"]))))
    return StereoCalibration(K=K)


def _projections(
    tree: Mapping[str, Any],
) -> tuple[Float[np.ndarray, "3 4"] | None, Float[np.ndarray, "3 4"] | None]:
    """Those of the left and the right view; OpenCV counts its views from 1, KITTI its cameras from 0."""
    is_opencv = "P1" in tree and "P2" in tree and "P0" not in tree
    for names in (("P1", "P2"),) if is_opencv else _KITTI_PAIRS:
        if all(name in tree for name in names):
            left, right = (_numbers(tree[name]).reshape(3, 4) for name in names)
            return left, right
    return None, None


def _numbers(value: Any) -> Float[np.ndarray, " n"]:
    """Of a matrix as OpenCV writes it (rows, cols, data) or as a list."""
    if isinstance(value, Mapping):
        value = value.get("data", ())
    words = re.sub(r"[\[\],]", " ", value) if isinstance(value, str) else value
    return np.array([float(word) for word in flat_words(words)])


def _checked(baseline: float | None, path: Path) -> float | None:
    if baseline is None:
        return None
    if not 0 < abs(baseline) <= MAX_BASELINE_M:
        raise HondoError(
            f"{path}: the two cameras are {baseline:g} apart, and metres are at most {MAX_BASELINE_M:g}: is that "
            f"millimetres? Give data.baseline=METRES, e.g. data.baseline={abs(baseline) / 1000:g}",
            field="data.baseline",
        )
    return abs(baseline)
