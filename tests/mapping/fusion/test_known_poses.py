"""The scale of depth maps follows from given poses."""

import numpy as np
import pytest

from hondo.data.datasets.camera_path import View
from hondo.mapping.fusion.known_poses import ScaleFollower, scale_between
from tests.mapping.textured_room import CAMERA, circle, walk


def test_the_scale_is_that_of_the_poses() -> None:
    poses = circle(3, turn=0.3)
    images, depths = walk(poses)
    matched = [View(image, CAMERA, depth=0.4 * depth) for image, depth in zip(images, depths, strict=True)]
    follower = ScaleFollower()
    assert follower(matched[0], poses[0]) is None
    assert follower(matched[1], poses[1]) == pytest.approx(2.5, rel=0.05)
    assert follower(matched[2], poses[2]) == pytest.approx(2.5, rel=0.05)
    assert scale_between(matched[0], matched[1], np.eye(4)) is None  # no parallax in these poses
