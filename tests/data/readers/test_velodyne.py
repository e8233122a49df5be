"""Points in the image: KITTI's rounding, the nearest point of a pixel, and the shared numbers of row ends."""

from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.data.readers.camera_decoders import kitti_rows
from hondo.data.readers.velodyne import project_points, read_points
from hondo.images.read import read_depth

HW = (8, 12)
# x ahead, y left, z up; fx 10, fy 9, cx 6, cy 4; the camera stands 0.5 m before the scanner
P = np.array([[10, 0, 6, 0], [0, 9, 4, 0], [0, 0, 1, 0]]) @ np.array(
    [[0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, -0.5], [0, 0, 0, 1.0]]
)


def test_real_scans(shared_data: Path) -> None:
    """Two scans of KITTI against depth maps that others made of them, by the same rounding and the nearest point."""
    folder = shared_data / "driving_kitti_queue"
    rows = kitti_rows(folder / "calib_kitti_object_style_2011_09_26.txt")
    R, T = np.eye(4), np.eye(4)
    R[:3, :3], T[:3] = rows["R0_rect"].reshape(3, 3), rows["Tr_velo_to_cam"].reshape(3, 4)
    for scan in sorted((folder / "velodyne_points").glob("*.bin")):
        points = read_points(scan)
        depth = project_points(points, rows["P2"].reshape(3, 4) @ R @ T, size_hw=(375, 1242), forward=False)
        expected = np.nan_to_num(read_depth(folder / f"lidar_depth_x256/{scan.stem}.png", divide_by=256))
        assert ((depth > 0) == (expected > 0)).all() and (depth > 0).sum() > 16000
        assert (np.abs(depth - expected) > 0.003).sum() <= 1  # a row end and the next start share the nearest depth


def at_pixel(row: float, column: float, z: float) -> list[float]:
    """A point whose depth in the camera is z and that falls onto (column, row), counted from 1 as KITTI's kit does."""
    return [z + 0.5, -(column + 1 - 6) / 10 * z, -(row + 1 - 4) / 9 * z, 0.3]


def loop(points: np.ndarray, *, forward: bool) -> np.ndarray:
    """The same, point by point."""
    depth, groups = np.zeros(HW), {}
    for x, y, z, _ in points.astype(float):
        if x < 0:
            continue
        u, v, w = P @ (x, y, z, 1)
        column, row = np.round(u / w) - 1, np.round(v / w) - 1
        if not (0 <= column < HW[1] and 0 <= row < HW[0]):
            continue
        column, row, value = int(column), int(row), x if forward else w
        depth[row, column] = value
        groups.setdefault(row * (HW[1] - 1) + column - 1, []).append((row, column, value))
    for group in groups.values():
        if len(group) > 1:
            depth[group[0][:2]] = min(value for _, _, value in group)
    return np.maximum(depth, 0)


def test_the_nearest_point_counts() -> None:
    points = np.array([at_pixel(3, 5, 9.0), at_pixel(3.4, 4.8, 4.0), at_pixel(3, 5, 6.0)], dtype=np.float32)
    depth = project_points(points, P, size_hw=HW, forward=False)
    assert np.argwhere(depth).tolist() == [[3, 5]] and depth[3, 5] == pytest.approx(4.0)
    assert project_points(points, P, size_hw=HW, forward=True)[3, 5] == pytest.approx(4.5)  # ahead of the scanner


def test_as_point_by_point() -> None:
    rng = np.random.default_rng(0)
    rows, columns, z = rng.uniform(-1, 8.5, 400), rng.uniform(-1, 12.5, 400), rng.uniform(1, 60, 400)
    points = np.array([at_pixel(*each) for each in zip(rows, columns, z)], dtype=np.float32)
    points[::50, 0] *= -1  # behind
    for forward in (True, False):
        np.testing.assert_allclose(
            project_points(points, P, size_hw=HW, forward=forward), loop(points, forward=forward), rtol=1e-12
        )


def test_the_end_of_a_row_and_the_start_of_the_next() -> None:
    points = np.array([at_pixel(2, 11, 9.0), at_pixel(3, 0, 4.0)], dtype=np.float32)
    depth = project_points(points, P, size_hw=HW, forward=False)
    assert depth[2, 11] == pytest.approx(4.0) and depth[3, 0] == pytest.approx(4.0)
    assert not project_points(points[:0], P, size_hw=HW, forward=False).any()


def test_files(tmp_path: Path) -> None:
    points = np.arange(8, dtype="<f4").reshape(2, 4)
    (tmp_path / "a.bin").write_bytes(points.tobytes())
    assert (read_points(tmp_path / "a.bin") == points).all()
    for name, data in (("b", b"12345"), ("c", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n123")):
        (tmp_path / f"{name}.bin").write_bytes(data)
        with pytest.raises(HondoError, match="no Velodyne scan"):
            read_points(tmp_path / f"{name}.bin")
