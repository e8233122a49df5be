"""Exact values by hand, laws, and refusals of the metrics."""

import math

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.metrics import depth_metrics as depth

PRED = np.array([[1.0, 2.0], [4.0, 8.0]], dtype=np.float32)
GT = np.array([[1.0, 4.0], [4.0, 4.0]], dtype=np.float32)


def test_exact_values():
    log2 = math.log(2)  # errors: 0, -log 2, 0, log 2
    assert depth.abs_rel(PRED, GT) == (0 + 0.5 + 0 + 1) / 4
    assert depth.sq_rel(PRED, GT) == (0 + 1 + 0 + 4) / 4
    assert depth.rmse(PRED, GT) == math.sqrt((4 + 16) / 4)
    assert depth.rmse_log(PRED, GT) == pytest.approx(log2 / math.sqrt(2), abs=1e-15)
    assert depth.silog(PRED, GT) == pytest.approx(100 * log2 / math.sqrt(2), abs=1e-13)
    assert depth.log10(PRED, GT) == pytest.approx(math.log10(2) / 2, abs=1e-15)
    assert depth.delta1(PRED, GT) == depth.delta2(PRED, GT) == depth.delta3(PRED, GT) == 0.5


def test_thresholds_are_strict_and_grow():
    gt = np.ones(6)
    pred = np.array([1.25, 1 / 1.2, 1.5, 1.25**2, 1.9, 2.0])
    assert depth.delta1(pred, gt) == 1 / 6
    assert depth.delta2(pred, gt) == 3 / 6
    assert depth.delta3(pred, gt) == 5 / 6


def test_the_truth_scores_perfectly():
    best = depth.depth_metrics(GT, GT)
    assert best == depth.DepthMetrics(
        abs_rel=0, sq_rel=0, rmse=0, rmse_log=0, silog=0, log10=0, delta1=1, delta2=1, delta3=1
    )


def test_the_table_names_each_function():
    for name, metric in depth.METRICS.items():
        assert metric.function is getattr(depth, name)
        assert metric.function(GT, GT) == (1 if metric.better == "higher" else 0)


@pytest.mark.parametrize("name", depth.METRICS)
def test_the_mask_leaves_pixels_out(name):
    pred, gt = np.append(PRED, np.nan), np.append(GT, 0)
    is_valid = np.array([True] * 4 + [False])
    function = getattr(depth, name)
    assert function(pred, gt, is_valid=is_valid) == function(PRED, GT)
    assert getattr(depth.depth_metrics(pred, gt, is_valid=is_valid), name) == function(PRED, GT)


def test_silog_is_blind_to_a_factor_and_others_to_the_unit():
    assert depth.silog(PRED * 3, GT) == pytest.approx(depth.silog(PRED, GT), rel=1e-12)
    for name in ("abs_rel", "rmse_log", "log10", "delta1"):
        assert getattr(depth, name)(PRED * 8, GT * 8) == pytest.approx(getattr(depth, name)(PRED, GT), rel=1e-12)


def test_double_precision_over_many_pixels():
    gt = np.full(3_000_000, 0.1, dtype=np.float32)
    assert depth.rmse(gt + np.float32(1), gt) == pytest.approx(1.0, abs=1e-7)


def test_mean_weighs_images_alike():
    worst, best = depth.depth_metrics(PRED, GT), depth.depth_metrics(GT, GT)
    assert depth.mean_metrics([worst, best, best]).abs_rel == pytest.approx(worst.abs_rel / 3)


@pytest.mark.parametrize(
    ("pred", "gt", "is_valid", "says"),
    [
        (PRED[:1], GT, None, "differ in shape"),
        (PRED, GT, np.zeros((2, 2), dtype=bool), "no pixel"),
        (np.where(PRED > 2, np.nan, PRED), GT, None, "prediction: 2 of 4"),
        (PRED, GT - 1, None, "ground truth: 1 of 4"),
        (-PRED, GT, None, "not positive"),
    ],
)
def test_refuses_what_has_no_answer(pred, gt, is_valid, says):
    with pytest.raises(HondoError, match=says):
        depth.depth_metrics(pred, gt, is_valid=is_valid)


def test_no_images_have_no_mean():
    with pytest.raises(HondoError, match="no image"):
        depth.mean_metrics([])
