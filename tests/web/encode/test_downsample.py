"""Depth maps made smaller."""

import numpy as np
import pytest

from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.geometry.point_cloud import point_cloud
from hondo.web.encode.downsample import average, subsample


def plane(size_hw=(30, 40)) -> DepthMap:
    """z = 2 + x / 100 in pixels: a slanted wall."""
    values = np.tile(2 + np.arange(size_hw[1], dtype=np.float32) / 100, (size_hw[0], 1))
    camera = Camera(fx=30, fy=31, cx=size_hw[1] / 2, cy=size_hw[0] / 2, size_hw=size_hw)
    return DepthMap(values=values, kind=DepthKind.METRIC_DEPTH, camera=camera)


@pytest.mark.parametrize("max_points", [1, 7, 100, 299, 300, 1199])
def test_subsample_points_are_points_of_the_whole(max_points) -> None:
    whole, few = point_cloud(plane()).points, point_cloud(subsample(plane(), max_points=max_points)).points
    assert 1 <= len(few) <= max_points
    assert all(np.abs(whole - point).sum(axis=1).min() < 1e-5 for point in few)


def test_nothing_to_do() -> None:
    depth_map = plane()
    assert subsample(depth_map, max_points=1200) is depth_map and average(depth_map, (30, 40)) is depth_map


def test_shrinking_averages_and_fits_the_camera() -> None:
    small = average(plane(), (15, 20))
    assert np.allclose(small.values[0, 0], 2.005) and small.camera is not None
    assert (small.camera.fx, small.camera.cx, small.camera.size_hw) == (15, 10, (15, 20))
