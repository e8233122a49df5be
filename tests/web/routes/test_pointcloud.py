"""POST /v1/pointcloud over a real socket."""

import numpy as np
import pytest

from hondo.core.types import DepthKind
from hondo.geometry.ply import read_ply


def cloud(client, tmp_path, content, **params):
    response = client.post("/v1/pointcloud", content=content, params=params)
    assert response.status_code == 200, response.text
    path = tmp_path / "x.ply"
    path.write_bytes(response.content)
    return response, *read_ply(path)


def test_points_lie_where_the_camera_says(serving, picture, tmp_path) -> None:
    started = serving(lambda image: 2 + 0 * image[:, :1], kind=DepthKind.METRIC_DEPTH)
    with started.client() as client:
        response, points, colors = cloud(client, tmp_path, picture(), camera="32,32,32,24")
    assert len(points) == 48 * 64 == int(response.headers["X-Hondo-Points"])
    assert np.allclose(points[:, 2], 2)
    assert np.allclose(points[0, :2], [(0.5 - 32) / 32 * 2, (0.5 - 24) / 32 * 2])
    assert colors is not None and colors[0].max() < 40 and colors[-1].min() > 215


def test_fewer_points_of_the_same_surface(serving, picture, tmp_path) -> None:
    started = serving(lambda image: 2 + 0 * image[:, :1], kind=DepthKind.METRIC_DEPTH)
    with started.client() as client:
        _, all_points, _ = cloud(client, tmp_path, picture(), camera="32,32,32,24")
        _, few, _ = cloud(client, tmp_path, picture(), camera="32,32,32,24", max_points=500)
    assert 200 < len(few) <= 500
    assert all(np.abs(all_points - point).sum(axis=1).min() < 1e-4 for point in few[::50])


def test_without_a_camera_one_of_60_degrees(serving, picture, tmp_path) -> None:
    started = serving(lambda image: 2 + 0 * image[:, :1], kind=DepthKind.METRIC_DEPTH)
    with started.client() as client:
        _, points, _ = cloud(client, tmp_path, picture())
    half_width = 2 * np.tan(np.deg2rad(30)) * (63 / 64)
    assert np.isclose(points[:, 0].max(), half_width, rtol=1e-4)


@pytest.mark.parametrize(
    ("params", "status", "said"),
    [
        ({"camera": "/etc/passwd"}, 400, "four numbers"),
        ({"camera": "1,2,3"}, 400, "four numbers"),
        ({"camera": "-1,1,1,1"}, 400, "positive"),
        ({"camera": "nan,1,1,1"}, 400, "finite"),
        ({"camera": "30,30,900,30"}, 422, "outside"),
        ({"fov": "0"}, 400, "fov"),
        ({"fov": "190"}, 400, "fov"),
        ({"max_points": "0"}, 400, "max_points"),
        ({"model": "../secret"}, 404, "no model"),
    ],
)
def test_bad_parameters(server, picture, params, status, said) -> None:
    with server.client() as client:
        response = client.post("/v1/pointcloud", params=params, content=picture())
    assert response.status_code == status and said in response.json()["error"]


def test_relative_depth_has_no_points(serving, picture) -> None:
    started = serving(kind=DepthKind.RELATIVE_INVERSE_DEPTH)
    with started.client() as client:
        response = client.post("/v1/pointcloud", content=picture())
    assert response.status_code == 422 and "relative" in response.json()["error"]
