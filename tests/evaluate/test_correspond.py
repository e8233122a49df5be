"""Which pixels two frames share: those that moved along, not those that were hidden or are gone."""

import cv2
import numpy as np
import pytest

from hondo.evaluate.correspond import MOST_PIXELS, compared_size, correspondence
from hondo.images.flow import OpticalFlow


def test_a_pan_is_seen_but_for_what_came_in() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (96, 200, 3), dtype=np.uint8)
    wide = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)
    before, now = np.ascontiguousarray(wide[:, :160]), np.ascontiguousarray(wide[:, 10:170])
    matched = correspondence(OpticalFlow(is_fine=True), before, now)
    assert matched.is_seen[10:-10, 10:-20].mean() > 0.95 and matched.is_seen[:, -8:].mean() < 0.2
    assert np.median(matched.moved_px[10:-10, 10:-20]) == pytest.approx(10, abs=0.3)
    covered = now.copy()
    covered[30:60, 60:100] = 255 - covered[30:60, 60:100]
    assert correspondence(OpticalFlow(is_fine=True), before, covered).is_seen[35:55, 65:95].mean() < 0.3


@pytest.mark.parametrize("size_hw", [(1, 1), (480, 640), (2160, 3840), (20, 4000)])
def test_the_compared_size_is_bounded(size_hw) -> None:
    height, width = compared_size(size_hw)
    assert min(height, width) >= 32 and height * width < 1.5 * MOST_PIXELS
