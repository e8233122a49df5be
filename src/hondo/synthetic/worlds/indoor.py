"""Rooms and corridors, furnished at random along their walls, on their walls and in the middle."""

import math

import numpy as np

from hondo.synthetic.viewpoints import Eye, World
from hondo.synthetic.worlds import furniture, tabletop
from hondo.synthetic.worlds.scene_builder import Builder, make_light, tinted

FLOORS = ("wood", "wood", "carpet", "carpet", "tiles", "plain", "marble", "stripes")
WALLS = ("plaster", "plaster", "plaster", "plaster", "plain", "plain", "brick", "stripes", "tiles", "wood")


def room(b: Builder) -> World:
    """A furnished room of 2.5 to 8 m."""
    r = b.rng
    wide, deep, high = r.uniform(2.5, 6.5), r.uniform(2.8, 8), r.uniform(2.3, 3.3)
    _shell(b, wide, deep, high)
    for angle, length, reach in _walls(wide, deep):
        with b.at(*_toward(angle, reach), yaw=angle):
            _along_wall(b, length, high)
    for _ in range(int(r.integers(1, 3 + int(wide * deep / 5)))):
        with b.at(r.uniform(-0.38, 0.38) * wide, r.uniform(-0.38, 0.38) * deep, yaw=r.uniform(-math.pi, math.pi)):
            furniture.FREE[int(r.integers(len(furniture.FREE)))](b)
    _floor_things(b, wide, deep)

    def eye(rng: np.random.Generator) -> Eye:
        x, z = rng.uniform(-0.46, 0.46) * wide, rng.uniform(-0.46, 0.46) * deep
        # look across the room, towards a random point of its other half, or anywhere
        heading = math.atan2(-x + rng.normal(0, 0.35) * wide, -z + rng.normal(0, 0.35) * deep)
        heading += rng.uniform(-math.pi, math.pi) if rng.random() < 0.15 else 0.0
        height = rng.uniform(0.5, min(2.1, high - 0.2))
        return Eye(
            x=x, z=z, height=height, yaw=heading, pitch=rng.normal(-0.25, 0.25), roll=rng.normal(0, 0.12), speed=0.03
        )

    return World(solids=b.solids(), light=_room_light(b, wide, deep, high), eye=eye, clearance=0.4)


def close_up(b: Builder) -> World:
    """A room seen from near a table full of things."""
    r = b.rng
    wide, deep, high = r.uniform(3, 6), r.uniform(3, 6), r.uniform(2.4, 3)
    _shell(b, wide, deep, high)
    for angle, length, reach in _walls(wide, deep):
        with b.at(*_toward(angle, reach), yaw=angle):
            _along_wall(b, length, high)
    side = r.uniform(1.0, 2.0)
    furniture.table(b, wide=side, deep=r.uniform(0.7, 1.2))
    tabletop.clutter(b, side, 0.9, 0.75, count=int(r.integers(6, 18)))
    for _ in range(int(r.integers(0, 4))):
        angle = r.uniform(-math.pi, math.pi)
        with b.at(1.1 * math.sin(angle), 1.1 * math.cos(angle), yaw=angle + r.normal(0, 0.3)):
            furniture.chair(b)

    def eye(rng: np.random.Generator) -> Eye:
        angle, away = rng.uniform(-math.pi, math.pi), rng.uniform(0.6, 1.5)
        x, z, height = away * math.sin(angle), away * math.cos(angle), rng.uniform(0.95, 1.7)
        pitch = -math.atan2(height - 0.8, away) + rng.normal(0.1, 0.2)
        return Eye(
            x=x,
            z=z,
            height=height,
            yaw=angle + math.pi + rng.normal(0, 0.35),
            pitch=pitch,
            roll=rng.normal(0, 0.12),
            speed=0.02,
        )

    return World(solids=b.solids(), light=_room_light(b, wide, deep, high), eye=eye, clearance=0.25)


def corridor(b: Builder) -> World:
    """A long narrow room, seen lengthwise."""
    r = b.rng
    wide, deep, high = r.uniform(1.4, 3.5), r.uniform(8, 30), r.uniform(2.2, 3.5)
    _shell(b, wide, deep, high)
    for side in (-1, 1):
        step, z = r.uniform(1.5, 4), -deep / 2 + 1
        while z < deep / 2:
            with b.at(side * wide / 2, z, yaw=side * math.pi / 2):
                _hang(b, high, r.uniform(0.7, 1.1))
            z += step * r.uniform(0.6, 1.4)
    for _ in range(int(r.integers(0, 8))):
        things = (
            furniture.boxes,
            furniture.plant,
            furniture.bin_,
            furniture.person,
            furniture.chair,
            furniture.cupboard,
        )
        side = r.choice([-1, 1])
        with b.at(side * (wide / 2 - 0.4), r.uniform(-0.5, 0.5) * deep, yaw=side * math.pi / 2):
            things[int(r.integers(len(things)))](b)

    def eye(rng: np.random.Generator) -> Eye:
        z = rng.uniform(-0.48, 0.2) * deep
        return Eye(
            x=rng.uniform(-0.3, 0.3) * wide,
            z=z,
            height=rng.uniform(0.8, 1.9),
            yaw=rng.normal(0, 0.3),
            pitch=rng.normal(-0.08, 0.15),
            roll=rng.normal(0, 0.07),
            speed=0.05,
        )

    return World(solids=b.solids(), light=_room_light(b, wide, deep, high), eye=eye, clearance=0.3)


def _shell(b: Builder, wide: float, deep: float, high: float) -> None:
    r = b.rng
    b.add(
        "box",
        (0, -0.05, 0),
        (wide + 0.4, 0.1, deep + 0.4),
        b.material(*FLOORS, gloss=r.uniform(0, 0.3), scale=(0.4, 2)),
    )
    ceiling = b.material("plaster", "plain", "tiles", "wood", vivid=0.05)
    b.add("box", (0, high + 0.05, 0), (wide + 0.4, 0.1, deep + 0.4), tinted(ceiling, 1.2))
    wall = b.material(*WALLS, scale=(0.3, 1.5))
    skirting = b.material("wood", "plain")
    for angle, length, reach in _walls(wide, deep):
        x, z = _toward(angle, reach + 0.05)
        paint = wall if r.random() < 0.75 else b.material(*WALLS)
        b.add("box", (x, high / 2, z), (length + 0.2, high, 0.1), paint, yaw=angle)
        if r.random() < 0.6:
            x, z = _toward(angle, reach)
            b.add("box", (x, 0.05, z), (length, 0.1, 0.03), skirting, yaw=angle)


def _walls(wide: float, deep: float) -> list[tuple[float, float, float]]:
    """(heading, length, distance from the centre) of the four walls."""
    return [
        (0.0, wide, deep / 2),
        (math.pi, wide, deep / 2),
        (math.pi / 2, deep, wide / 2),
        (-math.pi / 2, deep, wide / 2),
    ]


def _toward(angle: float, reach: float) -> tuple[float, float]:
    return reach * math.sin(angle), reach * math.cos(angle)


def _along_wall(b: Builder, length: float, high: float) -> None:
    """Furniture and hangings along a wall; the frame's origin is the wall's foot, -z leads into the room."""
    r, x = b.rng, -length / 2 + b.rng.uniform(0.2, 1)
    if r.random() < 0.3:
        row = length * r.uniform(0.4, 0.9)
        with b.at(0, -0.3):
            furniture.kitchen_row(b, row)
        return
    while x < length / 2 - 0.5:
        if r.random() < 0.55:
            with b.at(x, -r.uniform(0.3, 0.5), yaw=r.normal(0, 0.04)):
                furniture.AGAINST_WALL[int(r.integers(len(furniture.AGAINST_WALL)))](b)
        elif r.random() < 0.75:
            with b.at(x, 0):
                _hang(b, high, r.uniform(0.4, 1.6))
        x += r.uniform(0.7, 2.2)


def _hang(b: Builder, high: float, wide: float) -> None:
    """A window, door, image, board, curtain, radiator or shelf board on the wall at z = 0."""
    r, kind = b.rng, int(b.rng.integers(7))
    if kind == 0:  # window
        frame, low, tall = b.material("plain", "wood"), r.uniform(0.5, 1.1), r.uniform(0.8, 1.5)
        tall = min(tall, high - low - 0.1)
        b.stand("box", 0, 0, (wide + 0.1, tall + 0.1, 0.08), tinted(frame, 1.3), base=low - 0.05)
        b.stand(
            "box",
            0,
            0,
            (wide, tall, 0.1),
            b.material("plain", "cloud", "leaves", "collage", "facade", glow=r.uniform(0.5, 4), gloss=0.3, fit=True),
            base=low,
        )
        b.stand("box", 0, 0, (0.05, tall, 0.12), tinted(frame, 1.3), base=low)
    elif kind == 1:  # door
        leaf = b.material("wood", "plain", "plaster", "panel", gloss=0.1)
        b.stand("box", 0, 0, (0.95, 2.1, 0.06), tinted(leaf, 0.8))
        b.stand("box", 0, 0, (0.85, 2.05, 0.09), leaf)
        b.add("ellipsoid", (0.35, 1.0, -0.08), (0.12, 0.03, 0.06), b.material("metal", gloss=0.7))
    elif kind in (2, 3):  # image, poster, board
        w, h = wide * r.uniform(0.4, 1), r.uniform(0.25, 1.0)
        b.add("box", (0, 1.55, 0), (w + 0.08, h + 0.08, 0.05), b.material("wood", "metal", "plain"))
        b.add(
            "box",
            (0, 1.55, 0),
            (w, h, 0.06),
            b.material("print", "collage", "leaves", "marble", "plain", "checks", fit=True, gloss=r.uniform(0, 0.3)),
        )
    elif kind == 4:  # curtain
        b.stand(
            "box", 0, -0.05, (wide, min(2.3, high - 0.1), 0.08), b.material("bars", "stripes", "cloth", scale=(0.5, 2))
        )
    elif kind == 5:  # radiator
        b.stand("box", 0, -0.06, (wide, 0.6, 0.1), b.material("stripes", "bars", vivid=0.05, scale=(1, 3)), base=0.12)
    else:  # boards with things on them
        for level in (1.3, 1.75)[: int(r.integers(1, 3))]:
            with b.at(0, -0.13):
                b.add("box", (0, level, 0), (wide, 0.03, 0.24), b.material(*furniture.HARD))
                tabletop.clutter(b, wide, 0.2, level + 0.015, count=int(r.integers(1, 6)))


def _floor_things(b: Builder, wide: float, deep: float) -> None:
    r = b.rng
    if r.random() < 0.4:
        size = (r.uniform(1, 0.8 * wide), 0.012, r.uniform(1, 0.8 * deep))
        b.stand(
            "box", 0, 0, size, b.material("carpet", "stripes", "checks", "cloth", "marble", fit=bool(r.random() < 0.4))
        )
    for _ in range(int(r.integers(0, 3))):
        with b.at(r.uniform(-0.4, 0.4) * wide, r.uniform(-0.4, 0.4) * deep, yaw=r.uniform(-3, 3)):
            tabletop.ITEMS[int(r.integers(len(tabletop.ITEMS)))](b)


def _room_light(b: Builder, wide: float, deep: float, high: float):
    r = b.rng
    lamp = (r.uniform(-0.3, 0.3) * wide, high - 0.12, r.uniform(-0.3, 0.3) * deep)
    fills = [(r.uniform(-0.5, 0.5) * wide, r.uniform(0.5, high), r.uniform(-0.5, 0.5) * deep) for _ in range(2)]
    return make_light(
        r,
        cloud=b.cloud_texture(),
        lamp=lamp,
        target=(lamp[0], 0.0, lamp[2] + 0.01),
        radius=high * 2.2,
        is_sun=False,
        strength=r.uniform(0.2, 1.3),
        fills=fills,
        fill_strength=r.uniform(0.2, 2),
        ambient=r.uniform(0.25, 1.0),
    )
