"""Alignment, units and refusals of scoring one image."""

import numpy as np
import pytest

import hondo
from hondo.core.errors import HondoError, HondoWarning
from hondo.core.truth_kind import TruthKind
from hondo.core.types import DepthKind
from hondo.evaluate.accuracy.score_image import check_alignable, check_truth, parse_align
from hondo.evaluate.protocols import PROTOCOLS

RNG = np.random.default_rng(0)
GT = RNG.uniform(1, 10, (12, 16))


@pytest.mark.parametrize(
    ("pred", "align", "pred_kind"),
    [
        (GT, "none", "depth"),
        (1 / GT, "none", "inverse_depth"),
        (GT * 3, "median", "depth"),
        (4 / GT, "median", "inverse_depth"),
        (GT / 5.4, 5.4, "depth"),
        (GT / 5.4, "5.4", "depth"),
        (GT * 3, "scale", "depth"),
        (2 / GT - 3, "scale-shift", "inverse_depth"),
        (1 / (2 / GT + 1), "scale-shift", "depth"),
    ],
)
def test_alignment_undoes_its_change(pred, align, pred_kind):
    found = hondo.score(pred, GT, protocol="dense", align=align, pred_kind=pred_kind)
    assert found["abs_rel"] == pytest.approx(0, abs=1e-9) and found["delta1"] == 1


def test_alignment_takes_only_scored_pixels():
    gt, pred = np.full((480, 640), 2.0), np.full((480, 640), 1.0)
    pred[:40] = 9.0  # outside the window of nyu-eigen
    assert hondo.score(pred, gt, protocol="nyu-eigen", align="median")["abs_rel"] == 0


def test_inverse_depth_is_resized_as_such():
    """Half the size: the mean of two inverse depths is not the inverse of the mean depth."""
    pred = np.array([[1.0, 0.5]])
    gt = 1 / np.array([[1.0, 0.875, 0.625, 0.5]])  # bilinear at +0.5 centres
    found = hondo.score(pred, gt, protocol="dense", pred_kind="inverse_depth")
    assert found["abs_rel"] == pytest.approx(0, abs=1e-12)
    assert hondo.score(1 / pred, gt, protocol="dense")["abs_rel"] > 0.01


def test_what_alignment_sends_behind_infinity_is_held_at_the_far_end():
    inverse = np.concatenate([1 / GT.ravel(), [-5.0]])[None]
    gt = np.concatenate([GT.ravel(), [10.0]])[None]
    found = hondo.score(inverse, gt, protocol="dense", align="scale-shift", pred_kind="inverse_depth")
    assert np.isfinite(found["rmse"]) and found["rmse"] < 10


def spoiled(value: float) -> np.ndarray:
    pred = GT.copy()
    pred[3, 4:6] = value
    return pred


@pytest.mark.parametrize(
    ("pred", "gt", "options", "says"),
    [
        (spoiled(np.nan), GT, {}, "NaN or missing at 2 of 192"),
        (spoiled(np.inf), GT, {"align": "scale"}, "infinite at 2"),
        (spoiled(np.inf), GT, {}, "2 of 192 scored pixels are not positive finite"),
        (spoiled(0.0), GT, {}, "not positive finite"),
        (GT, np.zeros_like(GT), {}, "no ground-truth pixel counts"),
        (GT, GT, {"align": "mode"}, "unknown alignment"),
        (GT, GT, {"align": -2.0}, "positive number"),
        (GT, GT, {"pred_kind": "disparity"}, "unknown pred_kind"),
        (GT, GT, {"protocol": "kitti"}, "unknown protocol"),
        (GT[0], GT, {}, "shape"),
        (GT.astype(str), GT, {}, "must hold numbers"),
    ],
)
def test_refusals(pred, gt, options, says):
    with pytest.raises(HondoError, match=says):
        hondo.score(pred, gt, **{"protocol": "dense", **options})


def test_a_crop_does_not_cover_the_whole_frame():
    gt = np.full((375, 1242), 5.0)
    with pytest.raises(HondoError, match="missing at"):
        hondo.score(np.full((352, 1216), 5.0), gt, protocol="kitti-eigen-benchmark")


def test_what_has_no_scale_is_not_compared_with_metres():
    dense = PROTOCOLS["dense"]
    with pytest.raises(HondoError, match='align="median"'):
        check_alignable(DepthKind.SCALED_INVERSE_DEPTH, "none", protocol=dense)
    with pytest.raises(HondoError, match="scale-shift"):
        check_alignable(DepthKind.RELATIVE_INVERSE_DEPTH, "median", protocol=dense)
    check_alignable(DepthKind.SCALED_INVERSE_DEPTH, 5.4, protocol=dense)
    check_alignable(DepthKind.RELATIVE_INVERSE_DEPTH, "scale-shift", protocol=dense)
    check_alignable(DepthKind.METRIC_DEPTH, "none", protocol=dense)


def test_parse_align():
    assert parse_align("scale-shift") == "scale-shift" and parse_align("5.4") == 5.4 and parse_align(2) == 2.0


@pytest.mark.parametrize(
    ("pred_hw", "gt_hw", "protocol"),
    [
        ((64, 48), (48, 64), "dense"),
        ((480, 660), (480, 640), "dense"),
        ((640, 480), (480, 640), "nyu-eigen"),
        ((640, 480), (480, 640), "nyu-fastdepth"),
        ((1242, 375), (375, 1242), "kitti-eigen-raw-garg"),
        ((1242, 375), (375, 1242), "kitti-eigen-annotated-double"),
        ((320, 1152), (375, 1242), "kitti-eigen-benchmark"),
    ],
)
def test_a_prediction_of_another_aspect_is_refused(pred_hw, gt_hw, protocol):
    with pytest.raises(HondoError, match="another aspect"):
        hondo.score(np.full(pred_hw, 5.0), np.full(gt_hw, 5.0), protocol=protocol)


@pytest.mark.parametrize(
    ("pred_hw", "gt_hw", "protocol"),
    [
        ((24, 32), (240, 321), "dense"),
        ((3, 4), (480, 640), "dense"),
        ((518, 686), (480, 640), "nyu-eigen"),
        ((192, 640), (375, 1242), "kitti-eigen-raw-garg"),
        ((320, 1024), (375, 1242), "kitti-eigen-raw-garg"),
        ((128, 416), (375, 1242), "kitti-eigen-raw-garg"),
    ],
)
def test_network_sizes_and_rounding_are_no_other_aspect(pred_hw, gt_hw, protocol):
    assert hondo.score(np.full(pred_hw, 5.0), np.full(gt_hw, 5.0), protocol=protocol)["abs_rel"] == 0


def test_nan_pixels_are_left_out_and_counted_if_asked():
    pred = GT * 1.1
    pred[3, 4:6] = np.nan
    with pytest.warns(HondoWarning, match="2 scored pixels in 1 of 2 predictions are NaN and do not count"):
        found = hondo.score([pred, GT * 1.1], [GT, GT], protocol="dense", skip_nan=True)
    assert found["abs_rel"] == pytest.approx(0.1)
    with pytest.raises(HondoError, match="skip_nan=True leaves them out"):
        hondo.score(pred, GT, protocol="dense")
    with pytest.raises(HondoError, match="at all 192"):
        hondo.score(GT * np.nan, GT, protocol="dense", skip_nan=True)


def test_truth_that_is_not_in_metres_needs_its_alignment():
    for truth, refused, allowed in (
        (TruthKind.METRIC, (), ("none", "median", "scale-shift", 5.4)),
        (TruthKind.UP_TO_SCALE, ("none", 5.4), ("median", "scale", "scale-shift")),
        (TruthKind.STEREO_DISPARITY, ("none",), ("median",)),
        (TruthKind.UP_TO_SCALE_AND_SHIFT, ("none", "median", "scale"), ("scale-shift",)),
    ):
        for align in refused:
            with pytest.raises(HondoError, match=f"the ground truth is {truth}, not in metres"):
                check_truth(truth, align)
        for align in allowed:
            check_truth(truth, align)
