"""Streets, roads and open ground, and scenes of pure clutter."""

import math

import numpy as np

from hondo.synthetic.viewpoints import Eye, World
from hondo.synthetic.worlds import furniture, street_things, vehicles
from hondo.synthetic.worlds.scene_builder import Builder, make_light, tinted

REACH = 160.0  # metres of street


def street(b: Builder) -> World:
    """A road with lanes, kerbs, vehicles, trees and houses; seen from a car or by someone on foot."""
    r = b.rng
    lanes = int(r.integers(1, 5))
    lane = r.uniform(2.8, 3.6)
    road = lanes * lane
    pavement = r.uniform(1.5, 5)
    _ground(b, road, pavement)
    _markings(b, lanes, lane)
    density = r.uniform(0.2, 1.0)
    for side in (-1, 1):
        _roadside(b, side, road / 2, pavement, density)
    if r.random() < 0.3:
        _queue(b, lanes, lane)
    else:
        _traffic(b, lanes, lane, r.choice([0.15, 0.4, 0.9]))
    if r.random() < 0.3:
        with b.at(0, r.uniform(12, 90), yaw=r.normal(0, 0.2)):
            street_things.bridge(b, span=road + 2 * pavement)
    if r.random() < 0.5:  # the street ends: something closes the view
        with b.at(r.normal(0, 20), REACH * r.uniform(0.35, 0.9), yaw=math.pi / 2):
            street_things.house(b, wide=15, deep=r.uniform(20, 120), high=r.uniform(4, 30))

    def eye(rng: np.random.Generator) -> Eye:
        if rng.random() < 0.7:  # from a vehicle in its lane
            x = (int(rng.integers(lanes)) + 0.5 - lanes / 2) * lane + rng.normal(0, 0.25)
            pitch, roll, height, yaw = (
                rng.normal(-0.02, 0.04),
                rng.normal(0, 0.02),
                rng.uniform(1.2, 2.1),
                rng.normal(0, 0.06),
            )
        else:
            x = rng.uniform(-0.5, 0.5) * (road + 2 * pavement)
            pitch, roll, height, yaw = (
                rng.normal(-0.02, 0.15),
                rng.normal(0, 0.06),
                rng.uniform(0.6, 2.5),
                rng.normal(0, 0.7),
            )
        return Eye(
            x=x,
            z=rng.uniform(0, 0.25) * REACH,
            height=height,
            yaw=yaw,
            pitch=pitch,
            roll=roll,
            speed=rng.uniform(0.1, 1.0),
        )

    return World(solids=b.solids(), light=_daylight(b), eye=eye, clearance=0.5)


def _ground(b: Builder, road: float, pavement: float) -> None:
    r = b.rng
    verge = b.material("grass", "soil", "asphalt", "leaves", "tiles", scale=(0.1, 0.5))
    b.add("box", (0, -0.2, REACH / 2), (1600, 0.1, 1600), verge)
    b.add(
        "box",
        (0, -0.1, REACH / 2),
        (road, 0.2, 3 * REACH),
        b.material(
            "asphalt",
            "asphalt",
            "asphalt",
            "asphalt",
            "brick",
            "soil",
            scale=(0.1, 0.6),
            vivid=0.05,
            gloss=r.uniform(0, 0.15),
        ),
    )
    for side in (-1, 1):
        kind = b.material("tiles", "asphalt", "brick", "grass", "plain", scale=(0.2, 0.8), vivid=0.1)
        b.add(
            "box", (side * (road + pavement) / 2, -0.06, REACH / 2), (pavement, r.uniform(0.12, 0.4), 3 * REACH), kind
        )


def _markings(b: Builder, lanes: int, lane: float) -> None:
    if b.rng.random() < 0.2:
        return
    white = b.material("plain", "asphalt", vivid=0.03)
    white = tinted(white, 2.2)
    for k in range(lanes + 1):
        x = (k - lanes / 2) * lane
        if k in (0, lanes) or b.rng.random() < 0.2:
            b.add("box", (x * 0.97, 0.001, REACH / 2), (0.13, 0.012, 2 * REACH), white)
        else:
            for z in np.arange(-10, 90, b.rng.uniform(6, 12)):
                b.add("box", (x, 0.001, float(z)), (0.13, 0.012, 3), white)
    if b.rng.random() < 0.3:
        z = b.rng.uniform(5, 50)
        for x in np.arange(-lanes * lane / 2 + 0.5, lanes * lane / 2, 1.1):
            b.add("box", (float(x), 0.001, z), (0.55, 0.012, 3), white)


def _roadside(b: Builder, side: int, edge: float, pavement: float, density: float) -> None:
    r = b.rng
    face = edge + pavement
    style = r.choice(["houses", "houses", "trees", "open", "fence"])
    z = -10.0
    while style == "houses" and z < REACH:
        deep, wide = r.uniform(6, 22), r.uniform(6, 15)
        set_back = r.choice([0, 0, r.uniform(1, 8)])
        if r.random() < 0.85:
            with b.at(side * (face + wide / 2 + set_back), z + deep / 2):
                street_things.house(b, wide=wide, deep=deep, high=r.uniform(4, 20))
        z += deep + r.choice([0, 0, r.uniform(1, 8)])
    while style == "trees" and z < REACH:
        with b.at(side * (face + r.uniform(0, 12)), z):
            (street_things.tree, street_things.tree, street_things.bush)[int(r.integers(3))](b)
        z += r.uniform(1.5, 6)
    while style == "fence" and z < REACH:
        with b.at(side * face, z):
            (street_things.fence, street_things.wall, street_things.hedge, street_things.guard_rail)[
                int(r.integers(4))
            ](b)
        z += r.uniform(5, 20)
    if r.random() < 0.5:  # parked
        z = r.uniform(0, 12)
        while z < 80:
            if r.random() < 0.75:
                with b.at(side * (edge - 1.0), z, yaw=r.normal(0, 0.03) + (math.pi if r.random() < 0.3 else 0)):
                    vehicles.car(b)
            z += r.uniform(5, 9)
    for _ in range(int(density * 22)):
        with b.at(
            side * (edge + r.uniform(0.3, pavement + 3)),
            REACH * 0.6 * r.beta(1, 1.5),
            yaw=(math.pi if side > 0 else 0) + r.normal(0, 0.2),
        ):
            street_things.ROADSIDE[int(r.integers(len(street_things.ROADSIDE)))](b)


def _traffic(b: Builder, lanes: int, lane: float, fullness: float) -> None:
    r = b.rng
    for k in range(lanes):
        oncoming = k < lanes / 2 and r.random() < 0.6
        z = r.uniform(3, 30) / (0.3 + fullness)
        while z < 110:
            with b.at(
                (k + 0.5 - lanes / 2) * lane + r.normal(0, 0.2), z, yaw=(0 if oncoming else math.pi) + r.normal(0, 0.04)
            ):
                vehicles.vehicle(b)
            z += r.uniform(7, 16) + r.exponential(9) / fullness


def _queue(b: Builder, lanes: int, lane: float) -> None:
    """Every lane full, bumper to bumper: lorries keep to some of them, and all head the same way."""
    r = b.rng
    for k in range(lanes):
        z, heavy = r.uniform(-4, 8), r.choice([0.05, 0.2, 0.8])
        while z < 90:
            is_large = r.random() < heavy
            z += r.uniform(6.5, 9) if is_large else r.uniform(2.4, 4)
            with b.at((k + 0.5 - lanes / 2) * lane + r.normal(0, 0.15), z, yaw=math.pi + r.normal(0, 0.03)):
                (vehicles.large_vehicle if is_large else vehicles.small_vehicle)(b)
            z += r.uniform(6.5, 9) if is_large else r.uniform(2.4, 4)


def open_ground(b: Builder) -> World:
    """Fields, parks, rocks, hills and woods under a wide sky."""
    r = b.rng
    ground = b.material("grass", "soil", "leaves", "asphalt", "carpet", "marble", scale=(0.05, 0.6))
    b.add("box", (0, -0.1, 0), (2000, 0.2, 2000), ground)
    for _ in range(int(r.integers(0, 9))):
        angle, away = r.uniform(-math.pi, math.pi), r.uniform(15, 150)
        d = away * r.uniform(0.4, 1.6)
        b.add(
            "ellipsoid",
            (away * math.sin(angle), -d * 0.02, away * math.cos(angle)),
            (d, d * r.uniform(0.05, 0.35), d),
            b.material("grass", "leaves", "soil", "marble", scale=(0.03, 0.3)),
        )
    things = [
        street_things.tree,
        street_things.bush,
        _rock,
        street_things.fence,
        street_things.pole,
        street_things.bench,
        furniture.person,
        vehicles.car,
        vehicles.two_wheeler,
        _hut,
        _log,
    ]
    weights = r.dirichlet(np.ones(len(things)) * 0.5)
    for _ in range(int(r.integers(10, 70))):
        angle, away = r.uniform(-math.pi, math.pi), 2 + 60 * r.beta(1, 2)
        with b.at(away * math.sin(angle), away * math.cos(angle), yaw=r.uniform(-3, 3)):
            things[int(r.choice(len(things), p=weights))](b)
    if r.random() < 0.4:
        b.add(
            "box",
            (0, 0.01, 0),
            (r.uniform(1, 6), 0.03, 400),
            b.material("soil", "asphalt", "tiles", "brick", scale=(0.2, 0.6)),
            yaw=r.uniform(-3, 3),
        )

    def eye(rng: np.random.Generator) -> Eye:
        x, z = rng.uniform(-6, 6, 2)
        return Eye(
            x=x,
            z=z,
            height=rng.uniform(0.3, 3),
            yaw=rng.uniform(-math.pi, math.pi),
            pitch=rng.normal(-0.05, 0.15),
            roll=rng.normal(0, 0.05),
            speed=0.08,
        )

    return World(solids=b.solids(), light=_daylight(b), eye=eye, clearance=0.25)


def _rock(b: Builder) -> None:
    r, stone = b.rng, b.material("marble", "soil", "plaster", vivid=0.1)
    for _ in range(int(r.integers(1, 5))):
        w, h, d = r.uniform(0.3, 3, 3)
        x, z = r.uniform(-1, 1, 2)
        b.add(
            str(r.choice(["ellipsoid", "box", "tapered"])),
            (x, h * 0.2, z),
            (w, h, d),
            stone,
            yaw=r.uniform(-3, 3),
            pitch=r.normal(0, 0.4),
            roll=r.normal(0, 0.4),
            taper=(0.5, 0.4),
        )


def _hut(b: Builder) -> None:
    street_things.house(b, wide=b.rng.uniform(2, 8), deep=b.rng.uniform(2, 10), high=b.rng.uniform(2, 6))


def _log(b: Builder) -> None:
    d = b.rng.uniform(0.1, 0.7)
    b.add(
        "cylinder",
        (0, d / 2, 0),
        (d, b.rng.uniform(1, 7), d),
        b.material("soil", "wood", "leaves"),
        roll=math.pi / 2 + b.rng.normal(0, 0.15),
    )


def clutter(b: Builder) -> World:
    """Solids of every kind floating before a far background: no layout to rely on."""
    r = b.rng
    size = float(np.exp(r.uniform(np.log(1.5), np.log(12))))
    families = tuple(b.families)
    for angle, place in ((0.0, (0, 0, size)), (math.pi / 2, (size, 0, 0)), (-math.pi / 2, (-size, 0, 0))):
        b.add(
            "box", place, (2.2 * size, 2.4 * size, 0.1), b.material(*families, scale=(0.5 / size, 6 / size)), yaw=angle
        )
    b.add(
        "box",
        (0, -size * r.uniform(0.2, 0.7), 0),
        (2.5 * size, 0.1, 2.5 * size),
        b.material(*families, scale=(0.5 / size, 6 / size)),
        pitch=r.normal(0, 0.1),
    )
    for _ in range(int(r.integers(8, 70))):
        near = float(r.uniform(-0.6, 0.95)) * size
        extent = size * np.exp(r.normal(-2, 0.7, 3))
        kind = str(r.choice(["box", "box", "tapered", "ellipsoid", "cylinder"]))
        place = (float(r.uniform(-0.8, 0.8)) * size, float(r.uniform(-0.6, 0.6)) * size, near)
        yaw, pitch, roll = r.uniform(-3, 3, 3) * r.choice([0.05, 1])
        paint = b.material(
            *families, scale=(0.5 / size, 12 / size), gloss=r.uniform(0, 0.5), fit=bool(r.random() < 0.2)
        )
        b.add(kind, place, tuple(extent), paint, yaw=yaw, pitch=pitch, roll=roll, taper=tuple(r.uniform(0, 1, 2)))

    def eye(rng: np.random.Generator) -> Eye:
        x, up = rng.uniform(-0.3, 0.3, 2) * size
        return Eye(
            x=x,
            z=-size * rng.uniform(0.7, 0.95),
            height=up,
            yaw=rng.normal(0, 0.2),
            pitch=rng.normal(0, 0.15),
            roll=rng.normal(0, 0.2),
            speed=0.01 * size,
        )

    lamp = tuple((r.uniform(-0.5, 0.5, 3) * size + np.array([0, 0.7 * size, -0.6 * size])).tolist())
    light = make_light(
        r, cloud=b.cloud_texture(), lamp=lamp, target=(0, 0, 0.4 * size), radius=1.6 * size, is_sun=False,
        strength=r.uniform(0.4, 1.5), fills=[lamp, (0, 0, -size)], fill_strength=0.2 * size * size,
        ambient=r.uniform(0.3, 1.0),
    )  # fmt: skip
    return World(solids=b.solids(), light=light, eye=eye)


def _daylight(b: Builder):
    """Sun at any height, or an overcast sky; haze now and then."""
    r = b.rng
    overcast = r.random() < 0.35
    angle, rise = r.uniform(-math.pi, math.pi), r.uniform(0.25, 1.3)
    away = 300.0
    sun = (away * math.cos(rise) * math.sin(angle), away * math.sin(rise), 25 + away * math.cos(rise) * math.cos(angle))
    return make_light(
        r, cloud=b.cloud_texture(), lamp=sun, target=(0.0, 0.0, 25.0), radius=60.0, is_sun=True,
        strength=r.uniform(0, 0.3) if overcast else r.uniform(0.8, 2.5),
        fills=[(0.0, 50.0, 0.0), (0.0, 60.0, 60.0)], fill_strength=0.0,
        ambient=r.uniform(0.7, 1.2) if overcast else r.uniform(0.25, 0.8),
        haze=float(r.choice([0, 0, 0, r.uniform(0.0005, 0.006)])),
    )  # fmt: skip
