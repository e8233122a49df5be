"""hondo.score over several pairs of maps."""

import numpy as np
import pytest

import hondo
from hondo.core.errors import HondoError, HondoWarning

GT = np.random.default_rng(0).uniform(1, 10, (12, 16))


def test_pairs_are_averaged():
    one, two = hondo.score(GT * 1.1, GT, protocol="dense"), hondo.score(GT * 1.3, GT, protocol="dense")
    both = hondo.score([GT * 1.1, GT * 1.3], [GT, GT], protocol="dense")
    stacked = hondo.score(np.stack([GT * 1.1, GT * 1.3]), np.stack([GT, GT]), protocol="dense")
    assert both == stacked
    assert both["rmse"] == pytest.approx((one["rmse"] + two["rmse"]) / 2)
    assert list(both) == ["abs_rel", "sq_rel", "rmse", "rmse_log", "silog", "log10", "delta1", "delta2", "delta3"]


@pytest.mark.parametrize(("pred", "gt"), [([GT, GT], [GT]), ([], [])])
def test_there_must_be_as_many_predictions_as_ground_truths(pred, gt):
    with pytest.raises(HondoError, match="equally many"):
        hondo.score(pred, gt, protocol="dense")


def test_an_error_names_the_pair():
    with pytest.raises(HondoError, match="pair 1: the prediction is NaN"):
        hondo.score([GT, np.full_like(GT, np.nan)], [GT, GT], protocol="dense")


def test_nothing_there_in_the_ground_truth_does_not_count():
    gt = np.linspace(1, 3, 4800, dtype=np.float32).reshape(60, 80)
    pred = gt.copy()
    gt[:20, :20] = 1e10
    with pytest.warns(HondoWarning, match="1e\\+10 m .*taken as unknown"):
        assert hondo.score(pred, gt, protocol="dense")["rmse"] == 0


def test_a_depth_map_states_what_it_is():
    gt = GT.astype(np.float32)
    inverse = hondo.DepthMap(values=1 / gt, kind=hondo.DepthKind.METRIC_INVERSE_DEPTH)
    assert hondo.score(inverse, gt, protocol="dense")["abs_rel"] < 1e-6
    assert hondo.score([inverse, gt], [gt, inverse], protocol="dense")["abs_rel"] < 1e-6
    scaled = inverse.to("scaled_inverse_depth")
    with pytest.raises(HondoError, match="its scale is not known"):
        hondo.score(scaled, gt, protocol="dense")
    assert hondo.score(scaled, gt, protocol="dense", align="median")["abs_rel"] < 1e-6
    with pytest.raises(HondoError, match="not pred_kind='depth'"):
        hondo.score(inverse, gt, protocol="dense", pred_kind="depth")
    with pytest.raises(HondoError, match="its scale is not known"):
        hondo.score(gt, scaled, protocol="dense")
