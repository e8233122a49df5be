"""Vehicles at the present frame's origin, along its z axis: cars, vans, lorries, buses, bicycles; sizes in metres."""

import math

from hondo.synthetic.worlds.furniture import person
from hondo.synthetic.worlds.scene_builder import Builder, Material, tinted


def car(b: Builder) -> None:
    """Adds a car."""
    r = b.rng
    wide, long, tall = r.uniform(1.6, 1.9), r.uniform(3.4, 4.9), r.uniform(1.35, 1.85)
    paint = b.material("plain", "plain", "metal", gloss=r.uniform(0.2, 0.7), vivid=0.5)
    paint = tinted(paint, r.uniform(0.15, 1.3))
    glass = tinted(b.material("plain", gloss=0.8, vivid=0.05), 0.15)
    body = tall * r.uniform(0.38, 0.48)
    b.stand("tapered", 0, 0, (wide, body, long), paint, base=0.22, taper=(0.08, 0.05))
    cabin, shift = long * r.uniform(0.5, 0.75), long * r.uniform(-0.02, 0.12)
    rise = tall - body - 0.25
    lean = (r.uniform(0.15, 0.3), r.uniform(0.25, 0.5))
    b.stand("tapered", 0, shift, (wide * 0.94, rise, cabin), glass, base=0.2 + body, taper=lean)
    b.stand("box", 0, shift, (wide * 0.94 * (1 - lean[0]), 0.06, cabin * (1 - lean[1])), paint, base=0.17 + body + rise)
    _wheels(b, wide, (-long * 0.32, long * 0.32), 0.64)
    _ends(b, wide, long, body)


def _ends(b: Builder, wide: float, long: float, body: float) -> None:
    """Lamps, number plate and bumpers at both ends."""
    r, dark = b.rng, tinted(b.material("plain", vivid=0.05), 0.2)
    for end, hue in ((-1, (1.1, 1.1, 1.0)), (1, (0.9, 0.12, 0.1))):
        lamp = Material(texture=dark.texture, tint=hue, gloss=0.4, glow=float(r.uniform(0, 1.5)))
        for side in (-1, 1):
            b.add("box", (side * wide * 0.38, 0.22 + body * 0.75, end * long / 2), (wide * 0.16, 0.16, 0.05), lamp)
        b.add(
            "box", (0, 0.22 + body * 0.4, end * long / 2), (0.5, 0.12, 0.06), b.material("print", fit=True, vivid=0.05)
        )
        b.add("box", (0, 0.34, end * long / 2), (wide * 0.95, 0.16, 0.12), dark)


def _wheels(b: Builder, wide: float, places: tuple[float, ...], d: float) -> None:
    rubber, rim = tinted(b.material("plain", vivid=0.03), 0.12), b.material("metal", gloss=0.5)
    for z in places:
        for side in (-1, 1):
            b.add("cylinder", (side * wide * 0.45, d / 2, z), (d, 0.22, d), rubber, roll=math.pi / 2)
            b.add("cylinder", (side * wide * 0.46, d / 2, z), (d * 0.6, 0.22, d * 0.6), rim, roll=math.pi / 2)


def truck(b: Builder) -> None:
    """A lorry with a box, a tarpaulin or a tank."""
    r = b.rng
    wide, long, tall = r.uniform(2.2, 2.55), r.uniform(5, 13), r.uniform(2.6, 4.0)
    paint = tinted(b.material("plain", gloss=0.4, vivid=0.7), r.uniform(0.2, 1.2))
    b.stand("box", 0, -long / 2 + 0.9, (wide, tall * 0.75, 1.8), paint, base=0.5)
    b.stand(
        "box",
        0,
        -long / 2 + 0.35,
        (wide * 0.9, tall * 0.25, 0.8),
        tinted(b.material("plain", gloss=0.7), 0.2),
        base=0.5 + tall * 0.42,
    )
    load = long - 2.1
    style = r.random()
    if style < 0.3:
        steel = b.material("metal", "plain", "print", gloss=0.6, scale=(0.2, 0.6))
        b.add("cylinder", (0, 1.0 + wide / 2, 1.0), (wide, load, wide), steel, pitch=math.pi / 2)
        if r.random() < 0.5:  # the hopper under a tank
            b.stand("tapered", 0, 1.0, (wide * 0.9, 1.2, load * 0.6), steel, base=0.7, taper=(0.6, 0.6), roll=math.pi)
    else:
        side = b.material("plain", "cloth", "metal", "stripes", "bars", "print", vivid=0.6)
        b.stand("box", 0, 1.0, (wide, tall - 1.0, load), side, base=1.0)
        doors = b.material("metal", "plain", "stripes", "panel", fit=True)
        b.stand("box", 0, 1.0 + load / 2, (wide * 0.96, (tall - 1.0) * 0.95, 0.06), doors, base=1.03)
    dark = tinted(b.material("plain", vivid=0.03), 0.2)
    b.stand("box", 0, 0.6, (wide * 0.8, 0.35, long - 1.5), dark, base=0.6)
    b.add("box", (0, 0.7, long / 2), (wide * 0.95, 0.25, 0.1), b.material("stripes", "plain", vivid=0.6, scale=(2, 6)))
    for side_x in (-1, 1):
        b.add(
            "box",
            (side_x * wide * 0.4, 0.95, long / 2),
            (0.3, 0.15, 0.08),
            Material(texture=dark.texture, tint=(0.9, 0.12, 0.1), glow=float(r.uniform(0, 1.5))),
        )
    _wheels(b, wide, (-long * 0.38, long * 0.38 - 2.4, long * 0.38 - 1.2, long * 0.38), 0.95)


def bus(b: Builder) -> None:
    """Adds a bus."""
    r = b.rng
    wide, long, tall = 2.5, r.uniform(7, 13), r.uniform(2.8, 4.2)
    paint, glass = b.material("plain", gloss=0.4, vivid=0.7), tinted(b.material("plain", gloss=0.8), 0.2)
    b.stand("box", 0, 0, (wide, tall - 0.35, long), paint, base=0.35)
    for k in range(1 if tall < 3.4 else 2):
        b.stand("box", 0, 0, (wide + 0.03, 0.85, long * 0.94), glass, base=1.25 + 1.7 * k)
        b.stand("box", 0, 0, (wide * 0.88, 1.0, long + 0.03), glass, base=1.2 + 1.7 * k)
    _wheels(b, wide, (-long * 0.32, long * 0.3), 0.95)


def van(b: Builder) -> None:
    """Adds a van."""
    r = b.rng
    wide, long, tall = r.uniform(1.8, 2.0), r.uniform(4.4, 5.8), r.uniform(1.9, 2.5)
    paint = b.material("plain", gloss=0.4, vivid=0.4)
    b.stand("tapered", 0, 0.25, (wide, tall - 0.3, long - 0.6), paint, base=0.3, taper=(0.1, 0.12))
    b.stand("tapered", 0, -long / 2 + 0.6, (wide * 0.95, tall * 0.4, 1.2), paint, base=0.3, taper=(0.1, 0.4))
    glass = tinted(b.material("plain", gloss=0.8), 0.15)
    b.stand("box", 0, 0.27, (wide * 0.8, 0.5, long - 0.62), glass, base=tall * 0.58)
    _wheels(b, wide, (-long * 0.3, long * 0.3), 0.68)
    _ends(b, wide, long - 0.1, 0.7)


def small_vehicle(b: Builder) -> None:
    """Adds a small vehicle."""
    (car, car, car, car, van)[int(b.rng.integers(5))](b)


def large_vehicle(b: Builder) -> None:
    """Adds a large vehicle."""
    (truck, truck, truck, bus)[int(b.rng.integers(4))](b)


def vehicle(b: Builder) -> None:
    """Adds a vehicle."""
    (large_vehicle if b.rng.random() < 0.25 else small_vehicle)(b)


def two_wheeler(b: Builder) -> None:
    """A bicycle, with or without its rider."""
    frame, d = b.material("metal", "plain", vivid=0.6), b.rng.uniform(0.55, 0.7)
    rubber = tinted(b.material("plain"), 0.15)
    for z in (-0.5, 0.5):
        spokes = b.material("fence", scale=(2, 4))
        b.add(
            "cylinder",
            (0, d / 2, z),
            (d, 0.04, d),
            rubber if b.rng.random() < 0.4 else tinted(spokes, 0.5),
            roll=math.pi / 2,
        )
    b.add("box", (0, d * 0.85, 0), (0.05, 0.06, 0.9), frame, pitch=b.rng.normal(0, 0.2))
    b.add("box", (0, d * 1.2, -0.4), (0.5, 0.04, 0.04), frame)
    b.add("box", (0, d * 1.3, 0.35), (0.15, 0.05, 0.25), rubber)
    if b.rng.random() < 0.5:
        with b.at(0, 0.2, height=0.3):
            person(b)
