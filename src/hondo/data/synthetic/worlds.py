"""The table of worlds: one line adds one. Each is a function that fills a builder and says where a camera may stand."""

from collections.abc import Callable, Mapping

import numpy as np

from hondo.core.tables import Table
from hondo.data.synthetic.build import Builder
from hondo.data.synthetic.textures import TextureAtlas
from hondo.data.synthetic.views import World

WORLDS: Table[Callable[[Builder], World]] = Table(
    "synthetic world",
    {
        "room": "hondo.data.synthetic.indoor:room",
        "close-up": "hondo.data.synthetic.indoor:close_up",
        "corridor": "hondo.data.synthetic.indoor:corridor",
        "street": "hondo.data.synthetic.outdoor:street",
        "open-ground": "hondo.data.synthetic.outdoor:open_ground",
        "clutter": "hondo.data.synthetic.outdoor:clutter",
        "simple": "hondo.data.synthetic.simple:simple",
    },
)
MIXTURE: dict[str, float] = {"room": 4, "close-up": 2, "corridor": 0.7, "street": 4, "open-ground": 0.9, "clutter": 0.6}


def make_world(rng: np.random.Generator, atlas: TextureAtlas, mixture: Mapping[str, float] = MIXTURE) -> World:
    """A random world; ``mixture`` gives the relative frequency of each name."""
    weights = np.array(list(mixture.values()), dtype=float)
    name = list(mixture)[int(rng.choice(len(weights), p=weights / weights.sum()))]
    return WORLDS[name](Builder(rng, atlas))
