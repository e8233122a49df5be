"""Rigid transforms. ``T_b_a`` (4x4) takes points of frame a to frame b; ``T_c_a = T_c_b @ T_b_a``."""

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.geometry.projection import linear

_SMALL = 1e-6  # squared radians, under which the series of sin and cos are used


def R_from_axis_angle(axis_angle: Float[Tensor, "*b 3"]) -> Float[Tensor, "*b 3 3"]:
    """Rotation about the vector's direction by its length [rad] (Rodrigues: R = I + a W + b W^2); smooth at zero."""
    square = (axis_angle**2).sum(-1)[..., None, None]
    is_small = square < _SMALL
    safe = torch.where(is_small, torch.ones_like(square), square)  # keeps the gradient finite at zero
    angle = safe.sqrt()
    a = torch.where(is_small, 1 - square / 6, angle.sin() / angle)
    b = torch.where(is_small, 0.5 - square / 24, (1 - angle.cos()) / safe)
    W = skew(axis_angle)
    return torch.eye(3, dtype=W.dtype, device=W.device) + a * W + b * (W @ W)


def T_from_R_t(R: Float[Tensor, "*b 3 3"], translation: Float[Tensor, "*b 3"]) -> Float[Tensor, "*b 4 4"]:
    """Rotates, then moves by ``translation`` [m]."""
    top = torch.cat((R, translation[..., None]), dim=-1)  # *b 3 4
    bottom = top.new_tensor([0.0, 0.0, 0.0, 1.0]).expand(*top.shape[:-2], 1, 4)
    return torch.cat((top, bottom), dim=-2)


def T_from_axis_angle(axis_angle: Float[Tensor, "*b 3"], translation: Float[Tensor, "*b 3"]) -> Float[Tensor, "*b 4 4"]:
    """Rotates by the rotation vector [rad], then moves by ``translation`` [m]."""
    return T_from_R_t(R_from_axis_angle(axis_angle), translation)


def invert_pose(T: Float[Tensor, "*b 4 4"]) -> Float[Tensor, "*b 4 4"]:
    """``T_a_b`` from ``T_b_a``, in closed form: (R, t) -> (R', -R' t)."""
    R_back = T[..., :3, :3].transpose(-1, -2)
    return T_from_R_t(R_back, -(R_back @ T[..., :3, 3:])[..., 0])


def transform_points(T: Float[Tensor, "b 4 4"], points: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """Points [m] of frame a in frame b, with T = ``T_b_a``."""
    return linear(T[:, :3, :3], points) + T[:, :3, 3, None, None]


def skew(vector: Float[Tensor, "*b 3"]) -> Float[Tensor, "*b 3 3"]:
    """The matrix W of the cross product: W p = vector x p."""
    x, y, z = vector.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.stack((zero, -z, y, z, zero, -x, -y, x, zero), dim=-1).unflatten(-1, (3, 3))
