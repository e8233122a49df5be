"""Pose files in their forms."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.data.datasets.poses import read_poses, relative_pose

MOVED = np.array([[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]], dtype=float)


def line(matrix: np.ndarray) -> str:
    return " ".join(map(str, matrix.ravel()))


@pytest.mark.parametrize("rows", [3, 4])
def test_forms(tmp_path: Path, rows: int):
    path = tmp_path / "poses.txt"
    path.write_text(f"# camera to world\n{line(np.eye(4)[:rows])}\n{line(MOVED[:rows])}\n\n")
    assert np.array_equal(read_poses(path), [np.eye(4), MOVED])


def test_index_column_leaves_gaps(tmp_path: Path):
    path = tmp_path / "poses.txt"
    path.write_text(f"0 {line(np.eye(4))}\n2 {line(MOVED)}")
    poses = read_poses(path)
    assert poses.shape == (3, 4, 4) and np.isnan(poses[1]).all()
    assert relative_pose(poses[0], poses[1]) is None


def test_relative_pose_takes_target_points_to_the_source():
    T = relative_pose(MOVED, np.eye(4))
    assert T is not None
    point = torch.tensor([1.0, 2.0, 3.0, 1.0])  # the origin of the source camera
    assert torch.allclose(T @ point, torch.tensor([0.0, 0.0, 0.0, 1.0]), atol=1e-6)


def test_lost_tracking_is_unknown(tmp_path: Path):
    path = tmp_path / "poses.txt"
    path.write_text(f"{line(np.full((4, 4), np.inf))}\n{line(MOVED)}")
    assert np.isnan(read_poses(path)[0]).all()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no poses"),
        ("1 2 3", "3 numbers"),
        ("1305031102.17 0.1 0.2 0.3 0 0 0.6 0.8", "8 numbers.*quaternions"),
        ("a " * 12, "numbers only"),
        (line(2 * np.eye(4)), "no rotation and translation"),
        (line(np.diag([1, 1, -1, 1.0])), "no rotation and translation"),
        (f"{line(np.eye(4))}\n{line(np.eye(4)[:3])}", "differ in how many"),
        (f"1 {line(np.eye(4))}\n1 {line(np.eye(4))}", "different numbers"),
    ],
)
def test_refusals(tmp_path: Path, text: str, says: str):
    path = tmp_path / "poses.txt"
    path.write_text(text)
    with pytest.raises(HondoError, match=says):
        read_poses(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_poses_of_windows(tmp_path: Path, encoding: str):
    path = tmp_path / "poses.txt"
    path.write_bytes(f"{line(np.eye(4))}\r\n{line(MOVED).replace(' ', ';')}\r\n".encode(encoding))
    assert np.array_equal(read_poses(path), [np.eye(4), MOVED])
