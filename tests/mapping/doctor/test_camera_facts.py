"""The focal length of a rendered walk, and the rows of stereo pairs."""

import numpy as np
import pytest

from hondo.mapping.doctor.camera_facts import camera_of, estimate_focal, stereo_facts
from hondo.mapping.doctor.motion_facts import motion_facts
from tests.mapping.doctor.conftest import CAMERA, rendered


def test_the_focal_length_of_a_walk_lies_in_its_interval():
    motion = motion_facts([rendered(count=14, seed=1)], CAMERA)
    found = estimate_focal(motion.spaced, small=CAMERA)
    assert found.is_determined and found.low < CAMERA.fx < found.high
    camera = camera_of(found, small_width=192, size_hw=(288, 384))
    assert camera.fx == pytest.approx(2 * found.focal) and (camera.cx, camera.cy) == (192, 144)


@pytest.mark.parametrize("rows", [0, 3])
def test_rows_of_a_pair_are_compared(walked, rows):
    right = np.roll(walked[0], (-rows, -4), axis=(0, 1))
    found = stereo_facts([(walked[0], right)], full_width=384)
    assert found.disparity_px == pytest.approx(8, abs=1) and found.across_px == pytest.approx(-2 * rows, abs=0.6)
    assert found.is_rectified == (rows == 0)
    assert stereo_facts([(np.zeros_like(right), right)], full_width=384).num_matches == 0
