"""A hood, a watermark and black bars laid over a walk are found; a plain walk has none of them."""

import cv2
import numpy as np

from hondo.mapping.doctor.static_regions import find_static_regions
from tests.mapping.doctor.conftest import SIZE


def laid_over(images, change):
    changed = [image.copy() for image in images]
    for image in changed:
        change(image)
    return changed


def test_a_walk_has_no_static_region(walked):
    found = find_static_regions(walked)
    assert found.masked < 0.04 and found.crop == (0, 0, *SIZE) and not found.has_bars


def test_a_hood_is_masked(walked):
    hood = np.zeros((*SIZE, 3), np.uint8)
    cv2.ellipse(hood, (96, 150), (80, 34), 0, 0, 360, (50, 60, 70), -1)
    truth = hood.any(-1)
    found = find_static_regions(laid_over(walked, lambda image: np.copyto(image, hood, where=truth[..., None])))
    assert (~found.is_scene)[truth].mean() > 0.95 and (~found.is_scene)[~truth].mean() < 0.1


def test_a_watermark_is_masked(walked):
    def stamp(image):
        cv2.putText(image, "HONDO", (100, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 3)

    found = find_static_regions(laid_over(walked, stamp))
    is_text = laid_over([np.zeros((*SIZE, 3), np.uint8)], stamp)[0].any(-1)
    assert (~found.is_scene)[is_text].mean() > 0.7


def test_black_bars_are_cut_off(walked):
    def bars(image):
        image[:18] = image[-18:] = 2

    found = find_static_regions(laid_over(walked, bars))
    top, left, height, width = found.crop
    assert found.has_bars and abs(top - 18) <= 2 and abs(height - (SIZE[0] - 36)) <= 4 and (left, width) == (0, SIZE[1])


def test_without_motion_or_frames_nothing_is_said(walked):
    assert find_static_regions([walked[0]] * 10) is None and find_static_regions(walked[:5]) is None
