"""Metres that the motion misses the measured distance by."""

import torch

from hondo.losses.views.velocity import velocity_loss


def test_mean_over_the_known_views():
    T = torch.eye(4).repeat(2, 2, 1, 1)
    T[0, 0, :3, 3] = torch.tensor([3.0, 0, 4])
    T[1, 1, 2, 3] = 1.0
    distance = torch.tensor([[4.0, torch.nan], [torch.nan, 1.5]])
    torch.testing.assert_close(velocity_loss(T, distance), torch.tensor(0.75))
    assert velocity_loss(T, torch.full((2, 2), torch.nan)) == 0
