"""Files of poses: written and read again, other formats refused."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.mapping.trajectory.trajectory import Trajectory, is_timed, quaternions, read_trajectory, rotations
from tests.mapping.textured_room import circle


def path(count: int = 7) -> Trajectory:
    return Trajectory(times=np.arange(count) / 10, poses=circle(count), frames=np.arange(count))


def test_tum_and_kitti_come_back(tmp_path) -> None:
    one = path()
    tum = read_trajectory(one.write_tum(tmp_path / "a.tum"))
    kitti = read_trajectory(one.write_kitti(tmp_path / "a.kitti"))
    for read in (tum, kitti):
        np.testing.assert_allclose(read.poses, one.poses, atol=1e-6)
    np.testing.assert_allclose(tum.times, one.times)
    np.testing.assert_array_equal(kitti.frames, one.frames)
    assert is_timed(tmp_path / "a.tum") and not is_timed(tmp_path / "a.kitti")


@pytest.mark.parametrize("turn", [[0, 0, 0], [np.pi, 0, 0], [0, np.pi, 0], [0, 0, np.pi], [2, -2, 1], [0.1, 0.2, -0.3]])
def test_quaternions_are_those_of_the_rotation(turn) -> None:
    import cv2

    R = cv2.Rodrigues(np.array(turn, float))[0][None]
    q = quaternions(R)
    np.testing.assert_allclose(np.linalg.norm(q), 1)
    np.testing.assert_allclose(rotations(q, where=""), R, atol=1e-9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 1 2 3\n", "lines of 4 numbers are no known format"),
        ("0 0 0 0 0 0 0 1\n0 0 0 0 0 0 0 1\n", "go back or repeat"),
        ("0 0 0 0 0 0 0 3\n", "quaternion has length 3"),
        ("a b c\n", "numbers only"),
    ],
)
def test_other_files_are_refused(text: str, said: str, tmp_path) -> None:
    (tmp_path / "poses.txt").write_text(text)
    with pytest.raises(HondoError, match=said):
        read_trajectory(tmp_path / "poses.txt")
