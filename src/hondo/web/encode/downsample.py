"""Smaller depth maps: every n-th row and column for point clouds, area averages for frames."""

import math
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Shaped

from hondo.core.types import DepthMap, Size


def subsample(depth_map: DepthMap, *, max_points: int) -> DepthMap:
    """Every n-th row and column, with the smallest n that leaves at most ``max_points`` pixels; values are kept."""
    height, width = depth_map.size_hw
    step = max(1, math.ceil(math.sqrt(height * width / max_points)))
    if step == 1:
        return depth_map
    offset = step // 2

    def take(array: Shaped[np.ndarray, "h w ..."]) -> Shaped[np.ndarray, "H W ..."]:
        return np.ascontiguousarray(array[offset::step, offset::step])

    values, camera = take(depth_map.values), depth_map.camera
    if camera is not None:  # centres of the pixels that are kept stay where they are
        camera = replace(
            camera, cx=(camera.cx - offset - 0.5) / step + 0.5, cy=(camera.cy - offset - 0.5) / step + 0.5,
            fx=camera.fx / step, fy=camera.fy / step, size_hw=(values.shape[0], values.shape[1]),
        )  # fmt: skip
    image, confidence = (
        None if array is None else take(array) for array in (depth_map.image_rgb, depth_map.confidence)
    )
    return replace(depth_map, values=values, camera=camera, image_rgb=image, confidence=confidence)


def average(depth_map: DepthMap, size_hw: Size) -> DepthMap:
    """Area averages at a smaller size, without the image. A pixel is unknown if one of its source pixels is."""
    if size_hw == depth_map.size_hw:
        return depth_map
    height, width = size_hw
    values, confidence = (
        None if array is None else cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA)
        for array in (depth_map.values, depth_map.confidence)
    )
    camera = None if depth_map.camera is None else depth_map.camera.resized(size_hw)
    return replace(depth_map, values=values, camera=camera, confidence=confidence, image_rgb=None)
