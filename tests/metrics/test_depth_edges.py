"""Depth edges: where they lie, what blur and shift cost, and what gaps in the ground truth do."""

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.metrics.depth_edges import REACH, STEP, depth_edges, edge_score


def box(*, shift: int = 0, ratio: float = 2.0) -> np.ndarray:
    """A square 24 pixels wide before a background ``ratio`` times as far."""
    depth = np.full((64, 64), ratio, dtype=np.float32)
    depth[20:44, 20 + shift : 44 + shift] = 1.0
    return depth


ALL = np.ones((64, 64), dtype=bool)


def test_a_step_is_one_pixel_wide_and_counts_from_its_ratio_on():
    for ratio, count in ((STEP * 1.01, 64), (STEP * 0.99, 0)):
        depth = np.full((64, 64), ratio)
        depth[:, 30:] = 1.0
        assert depth_edges(depth).sum() == count


def test_the_truth_at_any_scale_is_perfect():
    score = edge_score(3 * box(), box(), is_valid=ALL)
    assert score is not None
    assert (score.f_score, score.dbe_accuracy, score.dbe_completeness) == (1, 0, 0)


def test_a_shift_is_measured_in_pixels():
    score = edge_score(box(shift=2), box(), is_valid=ALL)
    assert score is not None
    assert score.f_score == 1 and 0.5 < score.dbe_accuracy < 1.5  # two of four sides move, by 2
    far = edge_score(box(shift=6), box(), is_valid=ALL)
    assert far is not None
    assert far.f_score < 0.8 and far.dbe_completeness > 2 * score.dbe_completeness


def test_blur_loses_edges():
    scores = [edge_score(cv2.GaussianBlur(box(ratio=1.4), (0, 0), sigma), box(), is_valid=ALL) for sigma in (0.5, 6)]
    assert scores[0] is not None and scores[1] is not None
    assert scores[0].recall > 0.9 and scores[1].recall == 0 and scores[1].dbe_completeness == REACH


def test_a_gap_beside_an_edge_is_background():
    gt, is_valid = box(), ALL.copy()
    is_valid[20:44, 44:50] = False  # the shadow of the square
    gt[~is_valid] = np.nan
    score = edge_score(box(), gt, is_valid=is_valid)
    assert score is not None
    assert score.f_score == 1 and score.dbe_accuracy == 0


def test_wide_gaps_are_not_scored():
    is_valid = ALL.copy()
    is_valid[:, 32:] = False
    extra = box()
    extra[5:15, 50:60] = 0.3  # an edge where nothing is known
    score = edge_score(extra, box(), is_valid=is_valid)
    assert score is not None
    assert score.precision == 1


def test_flat_ground_truth_has_no_score_and_bad_input_is_refused():
    assert edge_score(box(), np.ones((64, 64)), is_valid=ALL) is None
    with pytest.raises(HondoError, match="differ in shape"):
        edge_score(box()[1:], box(), is_valid=ALL)
    with pytest.raises(HondoError, match="positive finite"):
        edge_score(0 * box(), box(), is_valid=ALL)
