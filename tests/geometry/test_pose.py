"""Poses: the laws of rigid motion."""

import math

import pytest
import torch

from hondo.geometry.pose import (
    R_from_axis_angle,
    T_from_axis_angle,
    invert_pose,
    skew,
    transform_points,
)


def vectors(count: int = 200, scale: float = 1.0) -> torch.Tensor:
    return torch.randn(count, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * scale


@pytest.mark.parametrize("scale", [0.0, 1e-9, 1e-4, 1e-2, 1.0, 3.0])
def test_rotations_are_rotations(scale: float) -> None:
    R = R_from_axis_angle(vectors(scale=scale))
    torch.testing.assert_close(R @ R.mT, torch.eye(3, dtype=R.dtype).expand_as(R), atol=1e-12, rtol=0.0)
    torch.testing.assert_close(torch.linalg.det(R), torch.ones(200, dtype=R.dtype))


def test_rodrigues_is_the_matrix_exponential() -> None:
    axis_angle = torch.cat((vectors(), vectors(scale=1e-3), vectors(scale=1e-5)))
    torch.testing.assert_close(
        R_from_axis_angle(axis_angle), torch.linalg.matrix_exp(skew(axis_angle)), atol=1e-12, rtol=0.0
    )


def test_quarter_turn_about_z_takes_x_to_y() -> None:
    R = R_from_axis_angle(torch.tensor([0.0, 0.0, math.pi / 2]))
    torch.testing.assert_close(R @ torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0]), atol=1e-6, rtol=0.0)


def test_gradient_is_finite_at_zero_and_right_elsewhere() -> None:
    still = torch.zeros(1, 3, requires_grad=True)
    R_from_axis_angle(still)[0, 2, 1].backward()
    assert still.grad is not None and still.grad.tolist() == [[1.0, 0.0, 0.0]]  # d sin(x) / dx
    assert torch.autograd.gradcheck(R_from_axis_angle, vectors(4).requires_grad_())


def test_inverse_and_composition() -> None:
    T_b_a = T_from_axis_angle(vectors(5), vectors(5) * 2)
    T_c_b = T_from_axis_angle(vectors(5) * 0.3, vectors(5))
    torch.testing.assert_close(
        T_b_a @ invert_pose(T_b_a), torch.eye(4, dtype=T_b_a.dtype).expand(5, 4, 4), atol=1e-12, rtol=0.0
    )
    points = torch.randn(5, 3, 2, 4, dtype=torch.float64)
    torch.testing.assert_close(
        transform_points(T_c_b @ T_b_a, points), transform_points(T_c_b, transform_points(T_b_a, points))
    )
