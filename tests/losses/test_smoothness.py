import math

import torch

from hondo.losses.smoothness import smoothness_loss


def test_exact_value():
    inv_depth = torch.tensor([[1.0, 3.0], [1.0, 3.0]]).view(1, 1, 2, 2)  # mean 2: one step of 1 along x
    flat = torch.zeros(1, 3, 2, 2)
    edge = torch.tensor([[0.0, 1.0], [0.0, 1.0]]).expand(1, 3, 2, 2)
    torch.testing.assert_close(smoothness_loss(inv_depth, flat), torch.tensor(1.0))
    torch.testing.assert_close(smoothness_loss(inv_depth, edge), torch.tensor(math.exp(-1)))


def test_zero_for_a_plane_facing_the_camera_and_blind_to_scale():
    image = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    inv_depth = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(1)) + 0.1
    assert smoothness_loss(torch.full((2, 1, 8, 8), 0.3), image) == 0
    torch.testing.assert_close(smoothness_loss(7 * inv_depth, image), smoothness_loss(inv_depth, image))
