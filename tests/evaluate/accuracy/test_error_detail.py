"""Errors by depth: each pixel in its octave; edges only where the truth shows them."""

from dataclasses import replace

import numpy as np

from hondo.evaluate.accuracy.error_detail import RANGES, edge_errors, range_errors, range_names
from hondo.evaluate.accuracy.score_image import ScoredImage, score_image
from hondo.evaluate.protocols import PROTOCOLS


def scored(pred: np.ndarray, gt: np.ndarray) -> ScoredImage:
    return score_image(pred, gt, protocol=PROTOCOLS["dense"], align="none")


def test_every_pixel_is_counted_in_its_octave() -> None:
    gt = np.array([[0.01, 0.49, 0.5, 0.99, 1.0, 3.99, 4.0, 128.0, 4000.0, np.nan]])
    found = range_errors(scored(gt * 1.5, gt))
    wanted = np.histogram(gt[np.isfinite(gt)], bins=RANGES)[0]
    assert found.pixels == tuple(wanted) and sum(found.pixels) == 9
    assert np.allclose(found.abs_rel, 0.5 * wanted) and np.allclose(found.bias, 0.5 * wanted)
    assert np.allclose(range_errors(scored(gt * 0.5, gt)).bias, -0.5 * wanted)


def test_ranges_have_names() -> None:
    assert range_names()[:3] == ("0-0.5", "0.5-1", "1-2") and range_names()[-1] == ">128"
    assert len(range_names()) == len(RANGES) - 1


def test_edges_of_dense_truth_alone() -> None:
    gt = np.full((40, 60), 2.0)
    gt[:, 30:] = 6.0
    exact = edge_errors(scored(gt, gt))
    assert exact is not None and exact.f_score == 1
    assert edge_errors(scored(np.full_like(gt, 3.0), gt)).f_score == 0
    sparse = np.where(np.random.default_rng(0).random(gt.shape) < 0.3, gt, np.nan)
    assert edge_errors(scored(gt, sparse)) is None
    assert edge_errors(scored(gt, np.full_like(gt, 2.0))) is None


def test_edges_are_looked_for_within_the_scored_window() -> None:
    gt = np.full((40, 60), 2.0)
    gt[:, 30:] = 6.0
    inside = np.zeros(gt.shape, dtype=bool)
    inside[5:35, 10:50] = True
    outside_unknown = np.where(inside, gt, np.nan)
    found = edge_errors(replace(scored(gt, gt), pred=outside_unknown, is_scored=inside))
    assert found is not None and found.f_score == 1
