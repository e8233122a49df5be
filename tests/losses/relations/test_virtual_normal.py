"""Virtual normals: a plane is a plane at any scale; a tilted one costs the difference of the normals."""

import torch

from hondo.geometry.projection import pixel_grid
from hondo.losses.relations.virtual_normal import virtual_normal_loss

K = torch.tensor([[[20.0, 0, 16], [0, 20, 12], [0, 0, 1]]])
ALL = torch.ones(1, 1, 24, 32, dtype=torch.bool)


def plane(normal):
    """Depth [m] of the plane n . X = -4."""
    grid = pixel_grid((24, 32))
    rays = torch.stack([(grid[0] - 16) / 20, (grid[1] - 12) / 20, torch.ones(24, 32)])
    return (-4 / (torch.tensor(normal).view(3, 1, 1) * rays).sum(0))[None, None]


def test_a_common_factor_is_free():
    wall = plane([0.2, 0.1, -0.97])
    assert virtual_normal_loss(3 * wall, wall, K, is_valid=ALL) < 1e-5


def test_a_tilted_plane_costs_the_difference_of_the_normals():
    wall, tilted = plane([0.0, 0.0, -1.0]), plane([0.28, 0.0, -0.96])
    assert abs(float(virtual_normal_loss(tilted, wall, K, is_valid=ALL)) - (0.28 + 0.04)) < 2e-3


def test_one_valid_pixel_makes_no_triangle():
    one = torch.zeros_like(ALL)
    one[..., 3, 3] = True
    depth = torch.rand(1, 1, 24, 32, requires_grad=True)
    loss = virtual_normal_loss(depth, plane([0.0, 0.0, -1.0]), K, is_valid=one)
    loss.backward()
    assert loss == 0 and (depth.grad == 0).all()
