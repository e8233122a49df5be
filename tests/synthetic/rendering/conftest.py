"""A ball before a wall, lit by a lamp above."""

import numpy as np
import pytest

from hondo.synthetic.rendering.scene import Scene
from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.viewpoints import Eye, World, scattered
from hondo.synthetic.worlds.scene_builder import Builder, make_light


@pytest.fixture(scope="session")
def ball() -> Scene:
    rng = np.random.default_rng(0)
    builder = Builder(rng, make_atlas())
    builder.add("ellipsoid", (0, 1, 3), (1, 1, 1), builder.material("plain"))
    builder.add("box", (0, 1, 6), (2, 2, 0.1), builder.material("plain"))
    light = make_light(
        rng, cloud=builder.cloud_texture(), lamp=(0, 5, 0), target=(0, 0, 3), radius=5.0, is_sun=False,
        strength=1.0, fills=[(0, 1, 0), (0, 1, 1)], fill_strength=0.1, ambient=0.5,
    )  # fmt: skip
    eye = Eye(x=0, z=0, height=1, yaw=0, pitch=0, roll=0, speed=0.1)
    return scattered(World(solids=builder.solids(), light=light, eye=lambda _: eye), rng, 1)
