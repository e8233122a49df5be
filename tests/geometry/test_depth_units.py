"""Depth to inverse depth and back, with each rule for values that have no inverse; sigmoid to inverse depth."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from hondo.core.types import DepthKind, DepthMap
from hondo.geometry.depth_units import depth_of_relative, inv_depth_from_sigmoid, invert_depth, unscaled_depth

VALUES = [0.0, -2.0, 4.0, float("nan"), float("inf")]
INVERTED = {
    "nan": [np.nan, np.nan, 0.25, np.nan, 0],
    "inf": [np.inf, np.inf, 0.25, np.nan, 0],
    "zero": [0, 0, 0.25, 0, 0],
    "clamp": [1e6, 1e6, 0.25, np.nan, 0],
}


@pytest.mark.parametrize("rule", INVERTED)
def test_each_rule_for_arrays_and_tensors(rule) -> None:
    array = invert_depth(np.array(VALUES, dtype=np.float32), not_positive=rule)
    tensor = invert_depth(torch.tensor(VALUES), not_positive=rule)
    assert array.dtype == np.float32 and tensor.dtype == torch.float32
    np.testing.assert_allclose(array, INVERTED[rule], rtol=1e-6)
    np.testing.assert_array_equal(tensor.numpy(), array)


def test_depth_round_trip() -> None:
    depth = torch.rand(3, 4) * 80 + 0.1
    torch.testing.assert_close(invert_depth(invert_depth(depth)), depth)


def test_smallest_limits_the_result() -> None:
    assert invert_depth(np.array([1e-9, 2.0]), not_positive="clamp", smallest=0.01).tolist() == [100, 0.5]


def test_sigmoid_ends_are_the_published_ones() -> None:
    inv_depth = inv_depth_from_sigmoid(torch.tensor([0.0, 0.5, 1.0]))
    assert inv_depth.tolist() == pytest.approx([0.01, 5.005, 10.0])


@pytest.mark.parametrize("rule", ["zero", "clamp"])
def test_gradients_are_finite(rule) -> None:
    depth = torch.tensor([0.0, -1.0, 1e-8, 2.0], requires_grad=True)
    invert_depth(depth, not_positive=rule)[[0, 1, 3]].sum().backward()
    assert depth.grad is not None and depth.grad.isfinite().all()


def test_arrays_need_no_torch() -> None:
    use = "import sys, numpy; from hondo.geometry.depth_units import invert_depth; invert_depth(numpy.ones(2))"
    code = f"{use}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_relative_label_keeps_its_inverse_up_to_factor_and_shift() -> None:
    label = np.array([[-3.0, 5.0, np.nan], [1.0, 2.0, 40.0]])
    is_known = np.array([[True, True, False], [True, True, False]])
    depth = depth_of_relative(label, is_known)
    assert depth.dtype == np.float32 and depth[~is_known].tolist() == [0, 0]
    np.testing.assert_allclose(1 / depth[is_known], 0.01 + 0.99 * (label[is_known] + 3) / 8, rtol=1e-5)
    assert not depth_of_relative(label, np.zeros_like(is_known)).any()
    assert depth_of_relative(np.full((2, 3), 7.0), is_known)[is_known].tolist() == pytest.approx([100] * 4)


def test_inverse_depth_is_inverted_and_zero_is_infinitely_far() -> None:
    values = np.array([[2.0, 0.0, np.nan]], np.float32)
    inverse = DepthMap(values=values, kind=DepthKind.SCALED_INVERSE_DEPTH)
    np.testing.assert_array_equal(unscaled_depth(inverse), [[0.5, np.inf, np.nan]])
    np.testing.assert_array_equal(unscaled_depth(DepthMap(values=values, kind=DepthKind.METRIC_DEPTH)), values)
