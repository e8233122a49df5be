"""Surface patterns: every family paints a texture of its size from a seed, with values 0..1."""

import numpy as np
import pytest

from hondo.synthetic.rendering.patterns import FAMILIES, SIZE, colour, fractal


@pytest.mark.parametrize("name", FAMILIES)
def test_a_texture_is_a_function_of_its_seed(name: str) -> None:
    a, b, other = (FAMILIES[name](np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert a.shape[:2] == (SIZE, SIZE) and a.shape[2] in (3, 4)
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, other) and np.isfinite(a).all() and a.min() >= -0.01 and a.mean() < 1


def test_noise_fills_0_to_1_and_repeats_at_its_border() -> None:
    field = fractal(np.random.default_rng(0), roughness=1.5)
    assert field.min() == 0 and field.max() == 1
    inside, across = np.abs(np.diff(field, axis=1)).mean(), np.abs(field[:, 0] - field[:, -1]).mean()
    assert across < 2 * inside


def test_colours_are_grey_without_saturation() -> None:
    assert np.ptp(colour(np.random.default_rng(0), saturation=0)) == 0
