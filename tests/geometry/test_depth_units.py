"""Depth, inverse depth, disparity, sigmoid: there and back."""

import pytest
import torch

from hondo.geometry.depth_units import (
    depth_from_inv_depth,
    disparity_from_inv_depth,
    inv_depth_from_depth,
    inv_depth_from_disparity,
    inv_depth_from_sigmoid,
    sigmoid_from_inv_depth,
)


def test_depth_round_trip_and_limits() -> None:
    depth = torch.rand(3, 4) * 80 + 0.1
    torch.testing.assert_close(depth_from_inv_depth(inv_depth_from_depth(depth)), depth)
    assert depth_from_inv_depth(torch.tensor([0.0, -1.0])).tolist() == pytest.approx([1e6, 1e6])
    assert inv_depth_from_depth(torch.tensor([0.0, -2.0, 4.0])).tolist() == [0, 0, 0.25]


def test_sigmoid_ends_are_the_published_ones() -> None:
    inv_depth = inv_depth_from_sigmoid(torch.tensor([0.0, 0.5, 1.0]))
    assert inv_depth.tolist() == pytest.approx([0.01, 5.005, 10.0])
    torch.testing.assert_close(sigmoid_from_inv_depth(inv_depth), torch.tensor([0.0, 0.5, 1.0]))


def test_disparity_of_kitti() -> None:
    inv_depth = inv_depth_from_disparity(torch.tensor([38.96]), fx=721.5377, baseline_m=0.54)
    assert (1 / inv_depth).item() == pytest.approx(10.0, rel=1e-3)
    torch.testing.assert_close(disparity_from_inv_depth(inv_depth, fx=721.5377, baseline_m=0.54), torch.tensor([38.96]))


def test_gradients_are_finite() -> None:
    depth = torch.tensor([0.0, -1.0, 1e-8, 2.0], requires_grad=True)
    inv_depth_from_depth(depth)[[0, 1, 3]].sum().backward()
    assert depth.grad is not None and depth.grad.isfinite().all()
