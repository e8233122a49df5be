"""Planes and the depths that they give."""

import math

import torch

from hondo.nn.planar_guidance import depth_from_planes, planes_from_logits


def test_normals_have_length_one_and_face_the_camera() -> None:
    planes = planes_from_logits(4 * torch.randn(2, 3, 5, 7), max_distance=10)
    assert torch.allclose(planes[:, :3].norm(dim=1), torch.ones(2, 5, 7), atol=1e-6)
    assert planes[:, 2].min() >= math.cos(math.pi / 3) - 1e-6
    assert planes[:, 3].min() > 0 and planes[:, 3].max() < 10


def test_planes_across_the_view_are_constant_depth() -> None:
    planes = torch.tensor([0.0, 0.0, 1.0]).view(1, 3, 1, 1).expand(1, 3, 2, 3)
    distance = torch.arange(1.0, 7.0).view(1, 1, 2, 3)
    depth = depth_from_planes(torch.cat([planes, distance], dim=1), step=4)
    assert torch.equal(depth, distance.repeat_interleave(4, 2).repeat_interleave(4, 3))


def test_a_tilted_plane_is_met_by_every_ray() -> None:
    """n . (depth u, depth v, depth) is the distance at every pixel, u along the row, v down the column."""
    normal, step = torch.tensor([0.3, -0.2, math.sqrt(1 - 0.13)]), 2
    planes = torch.cat([normal, torch.tensor([5.0])]).view(1, 4, 1, 1)
    depth = depth_from_planes(planes, step=step)[0, 0]
    for row in range(step):
        for column in range(step):
            ray = torch.tensor([(column - 0.5) / 2, (row - 0.5) / 2, 1.0])
            assert torch.isclose((normal * ray * depth[row, column]).sum(), torch.tensor(5.0), atol=1e-5)
