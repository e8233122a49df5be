"""A handful of solids on a floor before a wall: the quickest scene, for tests and first steps."""

import numpy as np

from hondo.data.synthetic.build import Builder, make_light
from hondo.data.synthetic.views import Eye, World


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
