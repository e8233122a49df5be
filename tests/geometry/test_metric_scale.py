"""Metres from measured points and from the height of the camera: exact where the scene is."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.geometry.metric_scale import MetricScale, scale_from_height, scale_from_points

CAMERA = Camera(fx=60, fy=60, cx=32, cy=16, size_hw=(48, 64))


def ground_depth(height: float = 1.5) -> np.ndarray:
    """The depth [m] of a level floor ``height`` below the camera; above the horizon a wall at 20 m."""
    rows = np.arange(48) + 0.5
    with np.errstate(divide="ignore"):
        depth = np.where(rows > CAMERA.cy, height * CAMERA.fy / (rows - CAMERA.cy), 20.0)
    return np.broadcast_to(np.minimum(depth, 20.0)[:, None], (48, 64)).astype(np.float32)


def scaled(depth: np.ndarray, *, factor: float = 1.0, camera: Camera | None = CAMERA) -> DepthMap:
    values = (factor / depth).astype(np.float32)
    return DepthMap(values=values, kind=DepthKind.SCALED_INVERSE_DEPTH, camera=camera)


def test_one_point_gives_the_factor() -> None:
    depth = ground_depth()
    known = scale_from_points(scaled(depth, factor=7), np.array([[10.5, 40.5, depth[40, 10]]])).apply(
        scaled(depth, factor=7)
    )
    assert known.kind is DepthKind.METRIC_INVERSE_DEPTH
    np.testing.assert_allclose(known.depth(), depth, rtol=0.02)


def test_two_points_give_factor_and_shift_of_relative_depth() -> None:
    depth = ground_depth()
    relative = DepthMap(values=(0.3 / depth + 2).astype(np.float32), kind=DepthKind.RELATIVE_INVERSE_DEPTH)
    points = np.array([[10, 40.5, depth[40, 10]], [10, 24.5, depth[24, 10]], [9, 30.5, depth[30, 9]]])
    scale = scale_from_points(relative, points)
    assert scale.spread is not None and scale.spread < 0.02
    np.testing.assert_allclose(scale.apply(relative).depth(), depth, rtol=0.05)


def test_a_metric_map_is_corrected() -> None:
    depth = ground_depth()
    wrong = DepthMap(values=depth * 2, kind=DepthKind.METRIC_DEPTH)
    given = scale_from_points(wrong, np.array([[3, 40.5, depth[40, 3]]]))
    np.testing.assert_allclose(given.apply(wrong).depth(), depth, rtol=0.02)


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_the_height_of_the_camera_gives_the_factor(noise: float) -> None:
    depth = ground_depth()
    depth = depth * np.random.default_rng(0).normal(1, noise, depth.shape).astype(np.float32)
    depth[30:, :20] = 1.0  # something stands there
    scale = scale_from_height(scaled(depth, factor=7), 1.5)
    assert scale.factor == pytest.approx(1 / 7, rel=0.02)


def test_a_wall_is_no_ground() -> None:
    with pytest.raises(HondoError, match="no ground plane"):
        scale_from_height(scaled(np.full((48, 64), 3.0)), 1.5)


@pytest.mark.parametrize(
    ("point", "says"),
    [
        ([64.0, 10.0, 2.0], r"outside of the image of 64x48"),
        ([5.0, 5.0, -1.0], "positive depth"),
        ([0.5, 0.5, 2], "is not known"),
    ],
)
def test_points_that_cannot_be(point: list[float], says: str) -> None:
    depth_map = scaled(ground_depth())
    depth_map.values[:4, :4] = np.nan
    with pytest.raises(HondoError, match=says):
        scale_from_points(depth_map, np.array([point]))


def test_relative_depth_needs_two_points_and_has_no_ground() -> None:
    relative = DepthMap(values=1 / ground_depth(), kind=DepthKind.RELATIVE_INVERSE_DEPTH, camera=CAMERA)
    with pytest.raises(HondoError, match="two measured points"):
        scale_from_points(relative, np.array([[5, 40, 2.0]]))
    with pytest.raises(HondoError, match="unknown shift"):
        scale_from_height(relative, 1.5)


def test_points_that_contradict_the_map_are_refused() -> None:
    relative = DepthMap(values=1 / ground_depth(), kind=DepthKind.RELATIVE_INVERSE_DEPTH)
    with pytest.raises(HondoError, match="contradict"):
        scale_from_points(relative, np.array([[5, 46.5, 9.0], [5, 24.5, 2.0]]))


def test_a_height_needs_a_camera() -> None:
    with pytest.raises(HondoError, match="intrinsics"):
        scale_from_height(scaled(ground_depth(), camera=None), 1.5)


def test_what_a_shift_makes_negative_is_unknown() -> None:
    relative = DepthMap(values=np.array([[1.0, 3.0]], np.float32), kind=DepthKind.RELATIVE_INVERSE_DEPTH)
    values = MetricScale(factor=1, shift=-2).apply(relative).values
    assert np.isnan(values[0, 0]) and values[0, 1] == 1
