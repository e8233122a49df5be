"""Motion: shifted images give their shift, what came into view is not trusted, odd sizes do no harm."""

import cv2
import numpy as np
import pytest

from hondo.images.optical_flow import flow_size
from hondo.video.temporal.steady import AREA, MotionTracker


def scene(height: int = 192, width: int = 640, *, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    soft = cv2.GaussianBlur(noise, (0, 0), 6)
    return cv2.normalize(soft, None, 0, 255, cv2.NORM_MINMAX)


def test_a_shifted_image_gives_its_shift_and_carries_values() -> None:
    big = scene(192, 680)
    tracker = MotionTracker()
    assert tracker(np.ascontiguousarray(big[:, :640])) is None
    motion = tracker(np.ascontiguousarray(big[:, 8:648]))  # 8 pixels are 2 of the small image
    assert motion is not None and motion.trust.shape == (48, 160)
    columns = np.broadcast_to(np.arange(160, dtype=np.float32), (48, 160))
    inside = (slice(6, -6), slice(6, -10))
    moved = motion.carry(np.ascontiguousarray(columns)) - columns
    assert np.median(moved[inside]) == pytest.approx(2, abs=0.2)
    assert np.median(motion.trust[inside]) > 0.8


def test_a_still_image_is_trusted_where_it_is() -> None:
    tracker = MotionTracker()
    tracker(scene())
    motion = tracker(scene())
    assert motion.trust.min() > 0.99
    values = np.random.default_rng(0).random((48, 160), dtype=np.float32)
    np.testing.assert_allclose(motion.carry(values), values, atol=1e-3)


def test_another_scene_is_not_trusted() -> None:
    tracker = MotionTracker()
    tracker(scene())
    assert np.median(tracker(scene(seed=1)).trust) < 0.05


def test_what_came_into_view_is_not_trusted() -> None:
    hidden = scene()
    hidden[60:140, 200:360] = 255
    tracker = MotionTracker()
    tracker(hidden)
    trust = tracker(scene()).trust
    assert np.median(trust[17:33, 52:88]) < 0.1 < np.median(trust[:, 110:])


def test_a_change_of_size_begins_anew() -> None:
    tracker = MotionTracker()
    tracker(scene())
    assert tracker(scene(200, 300)) is None


@pytest.mark.parametrize("size_hw", [(1, 1), (3, 900), (27, 284), (900, 3), (24, 48), (480, 640), (2160, 3840)])
def test_every_size_has_a_small_one_that_the_flow_can_take(size_hw) -> None:
    height, width = flow_size(size_hw, area=AREA)
    assert min(height, width) >= 32 and height * width < 40_000
    tracker = MotionTracker()
    image = scene(*size_hw)
    tracker(image)
    assert np.isfinite(tracker(image).place).all()
