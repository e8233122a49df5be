"""What rendered cameras do: walking, standing, turning; light that jumps, and rows that are read one by one."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from hondo.mapping.doctor.motion_facts import motion_facts, rolling_shutter
from hondo.train.objectives.teaching_check import measure_pair
from tests.mapping.doctor.conftest import CAMERA, SIZE


def test_a_walk_shows_parallax_and_no_moving_objects(walked):
    found = motion_facts([walked], CAMERA)
    assert found.still == 0 and found.turning == 0 and found.cuts == 0 and found.exposure_jumps == 0
    assert found.motion_px > 1 and found.moving_objects < 0.35 and len(found.pairs) == 13


def test_a_camera_that_turns_shows_none(turned):
    assert motion_facts([turned], CAMERA).turning > 0.7


def test_a_camera_that_stands_is_still(walked):
    assert motion_facts([[walked[0]] * 4], CAMERA).still == 1


def test_light_that_jumps_and_a_cut_are_counted(walked):
    brighter = [*walked[:3], *(np.clip(1.2 * image.astype(float), 0, 255).astype(np.uint8) for image in walked[3:6])]
    assert motion_facts([brighter], CAMERA).exposure_jumps == pytest.approx(1 / 5)
    noise = np.random.default_rng(0).integers(0, 255, (*SIZE, 3), dtype=np.uint8)
    assert motion_facts([[walked[0], walked[1], cv2.GaussianBlur(noise, (0, 0), 2)]], CAMERA).cuts == 1


@pytest.mark.parametrize("readout", [0.0, 0.7])
def test_the_time_of_reading_rows_is_seen_in_a_shaken_camera(readout):
    """Each row of a wide wall is taken at its own place of the camera's path."""
    rng = np.random.default_rng(0)
    wall = cv2.GaussianBlur(rng.integers(0, 255, (SIZE[0], 400), dtype=np.uint8), (0, 0), 2)
    wall = cv2.normalize(wall, None, 0, 255, cv2.NORM_MINMAX)
    path = 90 + rng.normal(0, 2.0, 24).cumsum()
    rows = np.arange(SIZE[0])
    images = []
    for number in range(22):
        offset = np.interp(number + readout * (rows / SIZE[0] - 0.5) + 1, np.arange(24), path)
        columns = (np.arange(SIZE[1])[None] + offset[:, None]).astype(np.float32)
        seen = cv2.remap(wall, columns, np.repeat(rows[:, None], SIZE[1], 1).astype(np.float32), cv2.INTER_LINEAR)
        images.append(np.repeat(seen[..., None], 3, axis=2))
    found = rolling_shutter([[measure_pair(a, b, CAMERA) for a, b in pairwise(images)]])
    assert found is None if readout == 0 else found == pytest.approx(readout, rel=0.35)
