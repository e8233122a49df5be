import numpy as np
import pytest

from hondo.geometry.linked_scales import linked_scales

STEPS = 200


def noisy(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True scales, what each step says (30 % off), and links that are 1 % off."""
    random = np.random.default_rng(seed)
    true = np.cumsum(random.normal(0, 0.1, STEPS))
    link = np.diff(true, prepend=np.nan) + random.normal(0, 0.01, STEPS)
    return true, true + random.normal(0, 0.3, STEPS), link


def test_links_average_what_the_steps_say():
    true, own, link = noisy()
    found = linked_scales(own, link, np.full(STEPS, 0.02))
    assert np.std(found - true) < 0.25 * np.std(own - true)


def test_without_links_each_step_speaks_for_itself():
    _, own, link = noisy()
    nothing = np.full_like(link, np.nan)
    np.testing.assert_allclose(linked_scales(own, nothing, nothing), own, atol=1e-6)


def test_a_wrong_link_and_a_wrong_step_weigh_little():
    true, own, link = noisy()
    link[100] += 3.0
    own[50] -= 4.0
    found = linked_scales(own, link, np.full(STEPS, 0.02))
    assert np.abs(found - true).max() < 0.5


def test_what_no_step_and_no_link_knows_stays_unknown():
    own, link = np.array([0.0, np.nan, np.nan, 2.0]), np.array([np.nan, 1.0, np.nan, np.nan])
    found = linked_scales(own, link, np.zeros(4))
    assert found[[0, 1, 3]] == pytest.approx([0, 1, 2], abs=1e-3) and np.isnan(found[2])
    assert linked_scales(*(np.zeros(0),) * 3).shape == (0,)
