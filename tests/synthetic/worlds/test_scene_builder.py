"""Scenes under construction: frames, rotations, sizes."""

import math

import numpy as np
import pytest
import torch

from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.worlds.scene_builder import Builder, Material, rotation_from_angles, tinted


@pytest.fixture
def builder() -> Builder:
    return Builder(np.random.default_rng(0), make_atlas())


def test_places_are_relative_to_the_frame(builder: Builder) -> None:
    with builder.at(2, 3, yaw=math.pi / 2), builder.at(0, 1):
        assert builder.place(0, 0) == pytest.approx((3, 3))
    assert builder.place(1, 2) == pytest.approx((1, 2)), "the frame ends with the block"


def test_a_solid_that_stands_has_its_underside_at_the_base(builder: Builder) -> None:
    builder.stand("box", 0, 5, (1, 2, 3), Material(texture=0), base=0.5)
    solids = builder.solids()
    assert solids.half.tolist() == [[0.5, 1, 1.5]]
    torch.testing.assert_close(solids.centre, torch.tensor([[0, -1.5, 5]])), "y points down"


def test_rotations_are_proper_and_yaw_turns_ahead_to_the_right() -> None:
    R = rotation_from_angles(np.random.default_rng(0).uniform(-3, 3, (5, 3)))
    np.testing.assert_allclose(R @ R.transpose(0, 2, 1), np.broadcast_to(np.eye(3), (5, 3, 3)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(R), 1)
    ahead = rotation_from_angles(np.array([[math.pi / 2, 0, 0]]))[0] @ [0, 0, 1]
    np.testing.assert_allclose(ahead, [1, 0, 0], atol=1e-12)


def test_a_material_is_of_its_family_and_a_tint_scales_it(builder: Builder) -> None:
    wood = builder.material("wood", scale=(0.5, 0.6))
    assert wood.texture in builder.families["wood"] and 0.5 <= wood.scale <= 0.6 and not wood.cutout
    assert builder.material("fence").cutout
    assert tinted(wood, 0.5).tint == tuple(0.5 * channel for channel in wood.tint)
