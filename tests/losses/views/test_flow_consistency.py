"""Rigid flow of a wall, and which pixels move by themselves."""

import torch

from hondo.losses.views.flow_consistency import is_moving, rigid_flow

K = torch.tensor([[[10.0, 0, 8], [0, 10, 6], [0, 0, 1]]])


def test_a_wall_shifts_by_focal_length_times_motion_over_depth():
    T = torch.eye(4)[None, None].clone()
    T[..., 0, 3] = 0.4
    flow, is_ahead = rigid_flow(torch.full((1, 1, 12, 16), 2.0), T, K, K[:, None])
    torch.testing.assert_close(flow, torch.tensor([2.0, 0.0])[:, None, None].expand(1, 1, 2, 12, 16))
    T[..., 2, 3] = -3
    assert is_ahead.all() and not rigid_flow(torch.full((1, 1, 12, 16), 2.0), T, K, K[:, None])[1].any()


def test_only_what_differs_by_pixels_and_share_moves():
    rigid, flow = torch.zeros(1, 1, 2, 12, 16), torch.zeros(1, 1, 2, 12, 16)
    flow[..., 0, :4, :4] = 5
    flow[..., 0, 10:, :] = 2.5
    is_used = torch.ones(1, 1, 1, 12, 16, dtype=torch.bool)
    is_used[..., 0, :] = False
    moving = is_moving(rigid, flow, is_used)
    assert moving[..., 1:4, :4].all() and moving.sum() == 12
