"""Objects of a scene by themselves, and the box around them."""

from collections.abc import Callable

import numpy as np
import pytest

from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.worlds.scene_builder import Builder

Extent = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def extent_of() -> Callable[..., Extent]:
    """The lowest and highest (x, up, z) in metres of what a function adds to an empty scene."""

    def measure(add: Callable[[Builder], None], seed: int = 0) -> Extent:
        builder = Builder(np.random.default_rng(seed), make_atlas())
        add(builder)
        solids = builder.solids()
        reach = (solids.R_world_solid.abs() * solids.half[:, None]).sum(2)
        low, high = (solids.centre - reach).amin(0).numpy(), (solids.centre + reach).amax(0).numpy()
        return np.array([low[0], -high[1], low[2]]), np.array([high[0], -low[1], high[2]])

    return measure
