"""Depth maps made smaller for the wire: every n-th row and column, or area averages."""

import math
from dataclasses import replace

import cv2
import numpy as np

from hondo.core.types import DepthMap, Size


def thinned(depth_map: DepthMap, *, max_points: int) -> DepthMap:
    """Every n-th row and column, with n as small as ``max_points`` allows; values stay as they are."""
    height, width = depth_map.size_hw
    step = max(1, math.ceil(math.sqrt(height * width / max_points)))
    if step == 1:
        return depth_map

    def every(array: np.ndarray | None) -> np.ndarray | None:
        return None if array is None else np.ascontiguousarray(array[step // 2 :: step, step // 2 :: step])

    values = every(depth_map.values)
    assert values is not None
    camera = depth_map.camera
    if camera is not None:  # the centre of the n-th pixel stays where it was
        centre = step // 2 + 0.5
        shifted = replace(
            camera, cx=(camera.cx - centre) / step + 0.5, cy=(camera.cy - centre) / step + 0.5,
            fx=camera.fx / step, fy=camera.fy / step, size_hw=(values.shape[0], values.shape[1]),
        )  # fmt: skip
        camera = shifted
    image, confidence = every(depth_map.image_rgb), every(depth_map.confidence)
    return replace(depth_map, values=values, camera=camera, image_rgb=image, confidence=confidence)


def shrunk(depth_map: DepthMap, size_hw: Size) -> DepthMap:
    """Area averages of the map at a smaller size; unknown pixels make the larger ones they fall into unknown."""
    if size_hw == depth_map.size_hw:
        return depth_map
    height, width = size_hw

    def small(array: np.ndarray | None) -> np.ndarray | None:
        return None if array is None else cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA)

    values, confidence = small(depth_map.values), small(depth_map.confidence)
    assert values is not None
    camera = None if depth_map.camera is None else depth_map.camera.resized(size_hw)
    return replace(depth_map, values=values, camera=camera, confidence=confidence, image_rgb=None)
