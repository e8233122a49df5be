"""Intervals: those of theory for a mean, and differences that are found where they are, and only there."""

import numpy as np

from hondo.metrics.bootstrap import FEWEST, mean_interval, paired_difference, ratio_interval

RNG = np.random.default_rng(1)


def test_the_interval_of_a_mean_is_that_of_theory() -> None:
    values = RNG.normal(3.0, 2.0, (400, 2)) * (1, 10)
    ends = mean_interval(values)
    half = 1.96 * values.std(axis=0) / 20
    assert np.allclose(ends, np.stack([values.mean(axis=0) - half, values.mean(axis=0) + half], axis=1), rtol=0.02)
    assert (ends == mean_interval(values)).all()


def test_a_ratio_weights_images_by_their_pixels_and_knows_empty_columns() -> None:
    counts = np.stack([np.array([1.0, 99.0] * 10), np.zeros(20)], axis=1)
    sums = counts * np.array([5.0, 2.0] * 10)[:, None]
    low, high = ratio_interval(sums, counts)[0]
    assert low < sums[:, 0].sum() / counts[:, 0].sum() < high < 2.5
    assert np.isnan(ratio_interval(sums, counts)[1]).all()


def test_few_images_have_no_interval() -> None:
    assert np.isnan(mean_interval(np.ones((FEWEST - 1, 3)))).all()
    assert paired_difference(np.ones(FEWEST - 1), np.ones(FEWEST - 1)) is None


def test_pairs_show_what_the_spread_over_images_hides() -> None:
    images = RNG.normal(0.2, 0.1, 50)
    worse = paired_difference(images, images + RNG.normal(0.01, 0.01, 50))
    assert worse is not None and worse.is_significant and worse.low < 0.01 < worse.high and worse.p < 0.01
    same = paired_difference(images, images + RNG.permutation(np.repeat([-0.01, 0.01], 25)))
    assert same is not None and not same.is_significant and same.p > 0.5
    equal = paired_difference(images, images)
    assert equal is not None and not equal.is_significant and equal.p == 1
