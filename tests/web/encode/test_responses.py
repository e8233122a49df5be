"""Response formats: which one is sent, and fewer points of the same surface."""

import numpy as np
import pytest

from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.geometry.point_cloud import point_cloud
from hondo.web.encode.responses import MEDIA_TYPES, choose_format, subsample
from hondo.web.http.refusal import Refusal


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


def test_a_map_with_few_points_is_kept() -> None:
    depth_map = plane()
    assert subsample(depth_map, max_points=1200) is depth_map


def test_the_format_of_the_query_comes_before_accept() -> None:
    assert choose_format(accept="image/png", format="npz") == "npz"
    assert choose_format(accept="", format=None) == "png16"
    assert [choose_format(accept=media_type, format=None) for media_type in MEDIA_TYPES.values()] == list(MEDIA_TYPES)


@pytest.mark.parametrize(("accept", "format", "status"), [("text/html", None, 406), ("*/*", "jpg", 400)])
def test_formats_that_are_not_available_are_refused(accept, format, status) -> None:
    with pytest.raises(Refusal) as refused:
        choose_format(accept=accept, format=format)
    assert refused.value.status == status
