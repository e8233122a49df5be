"""The likely mistake is named where a score would mean nothing, and only there."""

import warnings

import numpy as np
import pytest

import hondo
from hondo.core.errors import HondoWarning

RNG = np.random.default_rng(0)
GT = RNG.uniform(1, 10, (24, 32))
GOOD = GT * RNG.uniform(0.9, 1.1, GT.shape)


@pytest.mark.parametrize(
    ("pred", "options", "says"),
    [
        (1 / GOOD, {}, r'correlate with 1/depth .*-0\.9.*pred_kind="inverse_depth"'),
        (1 / GOOD, {"align": "median"}, 'pred_kind="inverse_depth"'),
        (1 / GOOD, {"align": "scale-shift"}, 'pred_kind="inverse_depth"'),
        (GOOD, {"pred_kind": "inverse_depth"}, 'correlate with depth .*pred_kind="depth"'),
        (1000 * GOOD, {}, "1,000 times too large: millimetres"),
        (256 * GOOD, {}, "256 times too large: the values of a KITTI PNG"),
        (GOOD / 1000, {}, "1,000 times too small"),
        (GOOD / 256, {}, "256 times too small: divided by 256 once too often"),
        (GOOD * 1000 / 256, {}, r"3\.9 times too large: a PNG in millimetres\? give png_factor=1000"),
        (GOOD * 30, {}, 'about 30 times too large.*align="median"'),
        (1 / (1000 * GOOD), {"pred_kind": "inverse_depth"}, "millimetres"),
    ],
)
def test_a_likely_mistake_is_named(pred, options, says):
    with pytest.warns(HondoWarning, match=says):
        hondo.score([pred, pred], [GT, GT], protocol="dense", **options)


@pytest.mark.parametrize(
    ("pred", "options"),
    [
        (GOOD, {}),
        (GOOD * 2, {}),
        (GOOD * 1000, {"align": "median"}),
        (1 / GOOD, {"pred_kind": "inverse_depth"}),
        (RNG.uniform(1, 10, GT.shape), {}),
        (np.full_like(GT, 5), {}),
    ],
)
def test_what_may_be_right_is_left_alone(pred, options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hondo.score(pred, GT, protocol="dense", **options)


def test_one_bad_image_of_many_is_no_mistake():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hondo.score([1 / GOOD, GOOD, GOOD], [GT] * 3, protocol="dense", align="median")
