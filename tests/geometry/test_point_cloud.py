"""PLY files: the header that other programs read, and the points back."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.geometry.point_cloud import point_cloud, read_ply, write_ply
from hondo.geometry.projection import K_of, project

POINTS = np.arange(12, dtype=np.float32).reshape(4, 3) / 7
COLOURS = np.arange(12, dtype=np.uint8).reshape(4, 3)


@pytest.mark.parametrize("colors", [None, COLOURS])
def test_round_trip(colors: np.ndarray | None, tmp_path: Path) -> None:
    points, back = read_ply(write_ply(tmp_path / "x.ply", POINTS, colors))
    np.testing.assert_array_equal(points, POINTS)
    assert (back is None) if colors is None else np.array_equal(back, colors)  # type: ignore[arg-type]


def test_bytes(tmp_path: Path) -> None:
    data = write_ply(tmp_path / "x.ply", POINTS[:1], COLOURS[:1]).read_bytes()
    head, _, body = data.partition(b"end_header\n")
    assert (
        head.startswith(b"ply\nformat binary_little_endian 1.0\n") and b"element vertex 1\nproperty float x\n" in head
    )
    assert body == POINTS[:1].astype("<f4").tobytes() + bytes([0, 1, 2])


def test_no_points_and_damaged_files(tmp_path: Path) -> None:
    assert len(read_ply(write_ply(tmp_path / "none.ply", POINTS[:0]))[0]) == 0
    path = write_ply(tmp_path / "x.ply", POINTS)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(HondoError, match="truncated"):
        read_ply(path)
    path.write_text("nothing")
    with pytest.raises(HondoError, match="not a binary"):
        read_ply(path)


CAMERA = Camera(fx=10.0, fy=11.0, cx=4.5, cy=3.0, size_hw=(6, 8))


def depth_map(kind: DepthKind = DepthKind.METRIC_DEPTH, *, camera: Camera | None = CAMERA) -> DepthMap:
    random = np.random.default_rng(0)
    values = random.uniform(1, 4, (6, 8)).astype(np.float32)
    values[0, 0], values[0, 1] = np.nan, 0
    colours = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return DepthMap(values=values, kind=kind, camera=camera, image_rgb=colours)


def test_points_project_back_to_their_pixels() -> None:
    cloud = point_cloud(depth_map())
    assert len(cloud) == 46 and cloud.colors is not None
    pixels, _ = project(torch.from_numpy(cloud.points.T.copy())[None, :, :, None], K_of(CAMERA)[None])
    y, x = np.mgrid[:6, :8].reshape(2, -1)[:, 2:] + 0.5
    np.testing.assert_allclose(pixels[0, :, :, 0], (x, y), atol=1e-5)
    np.testing.assert_array_equal(cloud.colors, depth_map().image_rgb.reshape(-1, 3)[2:])  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", [DepthKind.METRIC_INVERSE_DEPTH, DepthKind.SCALED_INVERSE_DEPTH])
def test_inverse_kinds(kind: DepthKind) -> None:
    np.testing.assert_allclose(
        depth_map(kind).point_cloud().points[:, 2], 1 / depth_map().values.ravel()[2:], rtol=1e-6
    )


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(HondoError, match="needs the camera"):
        point_cloud(depth_map(camera=None))
    with pytest.raises(HondoError, match="relative"):
        point_cloud(depth_map(DepthKind.RELATIVE_INVERSE_DEPTH))
    with pytest.raises(HondoError, match=r"\.ply"):
        point_cloud(depth_map()).save(tmp_path / "x.obj")
