"""The table of worlds: one line adds one. Each is a function that fills a builder and says where a camera may stand."""

from collections.abc import Callable, Mapping

import numpy as np

from hondo.core.tables import Table
from hondo.synthetic.rendering.textures import TextureAtlas
from hondo.synthetic.viewpoints import Eye, World
from hondo.synthetic.worlds.scene_builder import Builder, make_light

WORLDS: Table[Callable[[Builder], World]] = Table(
    "synthetic world",
    {
        "room": "hondo.synthetic.worlds.indoor:room",
        "close-up": "hondo.synthetic.worlds.indoor:close_up",
        "corridor": "hondo.synthetic.worlds.indoor:corridor",
        "street": "hondo.synthetic.worlds.outdoor:street",
        "open-ground": "hondo.synthetic.worlds.outdoor:open_ground",
        "clutter": "hondo.synthetic.worlds.outdoor:clutter",
        "simple": "hondo.synthetic.worlds.registry:simple",
    },
)
MIXTURE: dict[str, float] = {"room": 4, "close-up": 2, "corridor": 0.7, "street": 4, "open-ground": 0.9, "clutter": 0.6}


def make_world(rng: np.random.Generator, atlas: TextureAtlas, mixture: Mapping[str, float] = MIXTURE) -> World:
    """A random world; ``mixture`` gives the relative frequency of each name."""
    weights = np.array(list(mixture.values()), dtype=float)
    name = list(mixture)[int(rng.choice(len(weights), p=weights / weights.sum()))]
    return WORLDS[name](Builder(rng, atlas))


def simple(b: Builder) -> World:
    """A floor, a back wall and a few solids of every kind."""
    r = b.rng
    b.add("box", (0, -0.05, 3), (12, 0.1, 12), b.material("wood", "tiles", "carpet", "checks"))
    b.add("box", (0, 2, 7), (14, 6, 0.1), b.material("plaster", "brick", "collage"))
    for kind in ("box", "tapered", "ellipsoid", "cylinder", "box"):
        size = tuple(r.uniform(0.4, 1.4, 3))
        paint = b.material("collage", "stripes", "print", "marble", "checks", gloss=0.2)
        b.stand(kind, r.uniform(-2, 2), r.uniform(2.5, 6), size, paint, yaw=r.uniform(-3, 3), taper=(0.4, 0.3))

    def eye(rng: np.random.Generator) -> Eye:
        x, height = rng.uniform(-0.5, 0.5), rng.uniform(0.8, 1.6)
        return Eye(x=x, z=0, height=height, yaw=rng.normal(0, 0.1), pitch=-0.1, roll=rng.normal(0, 0.03), speed=0.05)

    light = make_light(
        r, cloud=b.cloud_texture(), lamp=(1.0, 4.0, 1.0), target=(0.0, 0.0, 4.0), radius=6.0, is_sun=False,
        strength=1.0, fills=[(0.0, 2.0, 0.0), (0.0, 2.0, 2.0)], fill_strength=0.3, ambient=0.5,
    )  # fmt: skip
    return World(solids=b.solids(), light=light, eye=eye)
