"""Points followed through a shift that is known."""

import cv2
import numpy as np

from hondo.mapping.odometry.tracks import follow, new_corners
from tests.mapping.textured_room import texture

GREY = cv2.cvtColor(texture(), cv2.COLOR_RGB2GRAY)[:200, :300]


def test_corners_keep_their_distance() -> None:
    taken = np.array([[100.0, 100.0]])
    corners = new_corners(GREY, taken, count=50, distance=12)
    apart = np.linalg.norm(corners[:, None] - corners[None], axis=-1) + 100 * np.eye(len(corners))
    assert len(corners) == 50 and apart.min() >= 12
    assert np.linalg.norm(corners - taken, axis=1).min() >= 11
    assert new_corners(np.full((60, 60), 9, np.uint8), taken, count=50, distance=5).shape == (0, 2)
    assert new_corners(GREY, taken, count=0, distance=5).shape == (0, 2)


def test_points_follow_a_shift_and_those_that_leave_are_lost() -> None:
    shift = np.float64([[1, 0, 3.3], [0, 1, -1.7]])
    moved_image = cv2.warpAffine(GREY, shift, (300, 200), borderMode=cv2.BORDER_REFLECT)
    corners = new_corners(GREY, np.zeros((0, 2)), count=80, distance=10)
    moved, is_kept = follow(GREY, moved_image, corners, corners)
    assert is_kept.mean() > 0.8 and not is_kept[corners[:, 0] > 297].any()
    assert np.abs(moved - corners - (3.3, -1.7))[is_kept].max() < 0.2
    assert follow(GREY, GREY, np.zeros((0, 2)), np.zeros((0, 2)))[1].shape == (0,)
