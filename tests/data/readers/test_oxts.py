"""GPS records as poses: metres east and north, turned about the axes in KITTI's order."""

from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.data.readers.oxts import EARTH_RADIUS_M, pose_of_oxts, read_oxts


def test_a_metre_north_and_east() -> None:
    start = np.array([49.0, 8.4, 112.0, 0, 0, 0])
    step = np.degrees(1 / EARTH_RADIUS_M)
    north, east = start.copy(), start.copy()
    north[0] += step
    east[1:3] += step / np.cos(np.radians(49.0)), 2
    here, up, right = (pose_of_oxts(record, latitude_0=49.0)[:3, 3] for record in (start, north, east))
    assert (up - here).tolist() == pytest.approx([0, 1, 0], abs=1e-6)
    assert (right - here).tolist() == pytest.approx([1, 0, 2], abs=1e-6)


def test_angles() -> None:
    turned = pose_of_oxts(np.array([49.0, 8.4, 0, 0, 0, np.pi / 2]), latitude_0=49.0)
    assert turned[:3, :3] @ (1, 0, 0) == pytest.approx([0, 1, 0], abs=1e-12)  # facing north
    rolled = pose_of_oxts(np.array([49.0, 8.4, 0, np.pi / 2, 0, 0]), latitude_0=49.0)
    assert rolled[:3, :3] @ (0, 1, 0) == pytest.approx([0, 0, 1], abs=1e-12)
    pitched = pose_of_oxts(np.array([49.0, 8.4, 0, 0, np.pi / 2, np.pi / 2]), latitude_0=49.0)
    assert pitched[:3, :3] @ (1, 0, 0) == pytest.approx([0, 0, -1], abs=1e-12)  # pitch before yaw


def test_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("49.0 8.4 112.0 0.1 0.2 0.3 " + "0 " * 24)
    assert read_oxts(tmp_path / "a.txt").tolist() == [49.0, 8.4, 112.0, 0.1, 0.2, 0.3]
    (tmp_path / "b.txt").write_text("49.0 8.4")
    with pytest.raises(HondoError, match="no OXTS record"):
        read_oxts(tmp_path / "b.txt")
