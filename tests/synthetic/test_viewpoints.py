"""Viewpoints: outside of solids, smooth along a walk, a fixed baseline apart in a stereo pair."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.viewpoints import Eye, World, loop, scattered, walk
from hondo.synthetic.worlds.registry import WORLDS, make_world
from hondo.synthetic.worlds.scene_builder import Builder


@pytest.fixture
def world() -> World:
    return WORLDS["simple"](Builder(np.random.default_rng(0), make_atlas()))


def test_a_stereo_pair_is_its_baseline_apart(world: World) -> None:
    scene = walk(world, np.random.default_rng(1), 3, baseline=0.12)
    left, right = scene.eyes[0::2], scene.eyes[1::2]
    shift = torch.einsum("nji,nj->ni", scene.R_world_camera[0::2], right - left)
    torch.testing.assert_close(shift, torch.tensor([[0.12, 0, 0]]).expand(3, 3), atol=1e-5, rtol=0)


def test_a_walk_moves_in_small_steps(world: World) -> None:
    steps = walk(world, np.random.default_rng(1), 8).eyes.diff(dim=0).norm(dim=1)
    assert steps.min() > 0 and steps.max() < 0.5


def test_a_viewpoint_inside_a_solid_is_drawn_again(world: World) -> None:
    centre = world.solids.centre[2].tolist()
    inside = Eye(x=centre[0], z=centre[2], height=-centre[1], yaw=0, pitch=0, roll=0, speed=0.1)
    free = replace(inside, x=0, z=0, height=1.2)
    drawn = iter([inside, inside, free])
    scene = scattered(replace(world, eye=lambda rng: next(drawn)), np.random.default_rng(0), 1)
    assert scene.eyes[0].tolist() == pytest.approx([0, -1.2, 0])


def test_a_loop_ends_where_it_began_and_looks_along_its_way():
    rng = np.random.default_rng(0)
    scene = loop(make_world(rng, make_atlas(), {"room": 1.0}), rng, 40, tries=5)
    eyes, ahead = scene.eyes, scene.R_world_camera[:, :, 2]
    assert torch.allclose(eyes[0], eyes[-1], atol=1e-5) and torch.allclose(ahead[0], ahead[-1], atol=1e-5)
    way = torch.nn.functional.normalize(eyes[1:] - eyes[:-1], dim=1)
    assert (way * ahead[:-1]).sum(1).mean() > 0.6
    assert (eyes[1:] - eyes[:-1]).norm(dim=1).sum() > 1.5
