"""Planes and the depths that they give."""

import math

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.decoders.planar_guidance import (
    STRIDES,
    PlanarGuidance,
    depth_from_planes,
    narrowing,
    planes_from_logits,
)


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


CHANNELS = (4, 4, 5, 6, 7)


def features() -> list[torch.Tensor]:
    return [torch.randn(2, c, 64 // s, 96 // s) for c, s in zip(CHANNELS, STRIDES, strict=True)]


def test_full_size_within_the_range_and_a_gradient_in_every_parameter() -> None:
    torch.manual_seed(0)
    decoder = PlanarGuidance(channels=CHANNELS, strides=STRIDES, max_depth=10, width=256)
    (depth,) = decoder(features())
    assert depth.shape == (2, 1, 64, 96) and depth.min() > 0 and depth.max() < 10
    depth.sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in decoder.parameters())


def test_the_focal_lengths_factor_scales_depth() -> None:
    torch.manual_seed(0)
    decoder = PlanarGuidance(channels=CHANNELS, strides=STRIDES, max_depth=10, width=256).eval()
    given = features()
    with torch.no_grad():
        (plain,) = decoder(given)
        decoder.factor = 1.5
        assert torch.allclose(decoder(given)[0], 1.5 * plain)


def test_channels_narrow_by_halves() -> None:
    convs = [module for module in narrowing(128, 64, outputs=3).modules() if isinstance(module, torch.nn.Conv2d)]
    assert [conv.out_channels for conv in convs] == [64, 32, 16, 8, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strides": (4, 8, 16, 32, 64)}, "needs an encoder with strides"),
        ({"width": 300}, "power of two of at least 256, got 300"),
        ({"max_depth": 0.0}, "positive metres, got 0"),
    ],
)
def test_wrong_numbers_are_refused(options: dict, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        PlanarGuidance(**{"channels": CHANNELS, "strides": STRIDES, "max_depth": 10.0} | options)
