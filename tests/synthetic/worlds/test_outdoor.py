"""Outdoor worlds: the same for the same seed, and the camera stands inside them above the ground."""

import numpy as np
import pytest
import torch

from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.worlds import outdoor
from hondo.synthetic.worlds.scene_builder import Builder


@pytest.mark.parametrize("name", ["street", "open_ground", "clutter"])
def test_a_world_is_a_function_of_its_seed(name: str) -> None:
    a, b, other = (getattr(outdoor, name)(Builder(np.random.default_rng(seed), make_atlas())) for seed in (3, 3, 4))
    assert torch.equal(a.solids.centre, b.solids.centre) and torch.equal(a.light.lamp, b.light.lamp)
    assert not torch.equal(a.light.lamp_colour, other.light.lamp_colour)
    eye = a.eye(np.random.default_rng(0))
    assert eye == b.eye(np.random.default_rng(0))
    assert name == "clutter" or 0.1 < eye.height < 5, "clutter hangs in the air"
