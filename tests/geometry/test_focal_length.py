"""The focal length of points seen by a camera that moves and turns; straight ahead it stays open."""

import cv2
import numpy as np
import pytest

from hondo.geometry.focal_length import estimate_focal_length

WIDTH, HEIGHT = 256, 192


def pairs_of(focal, *, turn=0.08, sideways=0.3, noise_px=0.1, count=5, seed=0):
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(count):
        z = rng.uniform(2, 12, 400)
        place = rng.uniform((-WIDTH / 2, -HEIGHT / 2), (WIDTH / 2, HEIGHT / 2), (400, 2))
        points = np.column_stack((place / focal * z[:, None], z))
        R = cv2.Rodrigues(turn * rng.normal(size=3))[0]
        moved = points @ R.T + (*(sideways * rng.normal(size=2)), 0.3)
        seen = moved[:, :2] / moved[:, 2:] * focal
        pairs.append((place + rng.normal(0, noise_px, place.shape), seen + rng.normal(0, noise_px, place.shape)))
    return pairs


@pytest.mark.parametrize("focal", [130.0, 400.0])
def test_the_focal_length_lies_in_its_interval(focal):
    found = estimate_focal_length(pairs_of(focal), width=WIDTH)
    assert found.focal == pytest.approx(focal, rel=0.05) and found.low < focal < found.high
    assert found.is_determined and found.num_pairs == 5


def test_straight_ahead_nothing_is_known():
    found = estimate_focal_length(pairs_of(220.0, turn=0.0, sideways=0.0), width=WIDTH)
    assert found is None or not found.is_determined


def test_too_few_matches_say_nothing():
    assert estimate_focal_length([(np.zeros((9, 2)), np.zeros((9, 2)))], width=WIDTH) is None
