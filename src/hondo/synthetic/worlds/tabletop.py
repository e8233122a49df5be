"""Small things that stand on tables, shelves and floors, and foliage."""

import math

from hondo.synthetic.worlds.scene_builder import Builder, tinted


def clutter(b: Builder, wide: float, deep: float, base: float, *, count: int) -> None:
    """Small things, scattered over a surface of this size at this height."""
    r = b.rng
    for _ in range(count):
        x, z = r.uniform(-0.45, 0.45) * wide, r.uniform(-0.42, 0.42) * deep
        with b.at(x, z, height=base, yaw=r.uniform(-math.pi, math.pi)):
            ITEMS[int(r.integers(len(ITEMS)))](b)


def cup(b: Builder) -> None:
    """Adds a cup."""
    r = b.rng
    paint, d, h = (
        b.material("plain", "plain", "stripes", "print", gloss=0.4, scale=(3, 10)),
        r.uniform(0.06, 0.1),
        r.uniform(0.07, 0.14),
    )
    b.stand("cylinder", 0, 0, (d, h, d), paint)
    b.add("ellipsoid", (d / 2, h / 2, 0), (0.05, 0.07, 0.015), paint)


def bottle(b: Builder) -> None:
    """Adds a bottle."""
    r = b.rng
    paint, d, h = (
        b.material("plain", "print", "marble", gloss=0.7, scale=(3, 8)),
        r.uniform(0.05, 0.1),
        r.uniform(0.12, 0.25),
    )
    b.stand("cylinder", 0, 0, (d, h, d), paint)
    b.add("ellipsoid", (0, h, 0), (d, d, d), paint)
    b.stand("cylinder", 0, 0, (d * 0.35, h * 0.6, d * 0.35), b.material("plain", gloss=0.3), base=h)


def bowl(b: Builder) -> None:
    """Adds a bowl."""
    d = b.rng.uniform(0.12, 0.35)
    b.add("ellipsoid", (0, d * 0.15, 0), (d, d * 0.5, d), b.material("plain", "marble", "tiles", gloss=0.5))
    for _ in range(int(b.rng.integers(0, 5))):
        x, z = b.rng.uniform(-0.3, 0.3, 2) * d
        b.add("ellipsoid", (x, d * 0.4, z), (0.07, 0.07, 0.07), b.material("plain", "marble", vivid=0.7))


def books(b: Builder) -> None:
    """Adds books."""
    base = 0.0
    for _ in range(int(b.rng.integers(1, 5))):
        thick = b.rng.uniform(0.008, 0.05)
        cover = b.material("print", "plain", "collage", fit=True, vivid=0.5)
        b.stand(
            "box",
            0,
            0,
            (b.rng.uniform(0.14, 0.22), thick, b.rng.uniform(0.2, 0.3)),
            cover,
            base=base,
            yaw=b.rng.normal(0, 0.2),
        )
        base += thick


def paper(b: Builder) -> None:
    """Adds paper."""
    b.stand("box", 0, 0, (0.21, 0.004, 0.297), b.material("print", "print", "collage", fit=True))


def carton(b: Builder) -> None:
    """Adds a carton."""
    w, h, d = b.rng.uniform(0.06, 0.45, 3)
    b.stand("box", 0, 0, (w, h, d), b.material("plain", "print", "wood", "collage", "panel", scale=(1, 6)))


def ball(b: Builder) -> None:
    """Adds a ball."""
    d = b.rng.uniform(0.05, 0.25)
    b.stand(
        "ellipsoid",
        0,
        0,
        (d, d * b.rng.uniform(0.6, 1.3), d),
        b.material("plain", "checks", "stripes", "marble", gloss=0.3, scale=(2, 10)),
    )


def screen(b: Builder) -> None:
    """Adds a screen."""
    r = b.rng
    wide = r.uniform(0.35, 0.75)
    high, black = wide * r.uniform(0.55, 0.8), b.material("plain", "metal", gloss=0.5)
    black = tinted(black, r.uniform(0.1, 1))
    b.stand("box", 0, 0.02, (0.2, 0.015, 0.18), black)
    b.stand("cylinder", 0, 0.03, (0.05, 0.15, 0.05), black)
    b.add("box", (0, 0.12 + high / 2, 0), (wide, high, r.uniform(0.02, 0.15)), black)
    face = (
        b.material("collage", "print", "panel", fit=True, glow=r.uniform(0.3, 1.5))
        if r.random() < 0.5
        else tinted(black, 0.4)
    )
    b.add("box", (0, 0.12 + high / 2, -0.015), (wide * 0.94, high * 0.9, 0.13), face)
    if r.random() < 0.7:
        b.add("box", (0, 0.012, -0.3), (0.42, 0.024, 0.15), b.material("panel", fit=True))


def laptop(b: Builder) -> None:
    """Adds a laptop."""
    grey = b.material("plain", "metal", gloss=0.3)
    b.stand("box", 0, 0, (0.34, 0.018, 0.24), b.material("panel", fit=True))
    b.add("box", (0, 0.12, 0.14), (0.34, 0.23, 0.012), grey, pitch=-0.25)


def desk_lamp(b: Builder) -> None:
    """Adds a desk lamp."""
    steel, h = b.material("metal", "plain", gloss=0.4), b.rng.uniform(0.25, 0.5)
    b.stand("cylinder", 0, 0, (0.16, 0.02, 0.16), steel)
    b.stand("cylinder", 0, 0, (0.02, h, 0.02), steel)
    b.stand(
        "tapered",
        0,
        -0.05,
        (0.22, 0.16, 0.22),
        b.material("plain", "cloth", glow=b.rng.uniform(0, 3)),
        base=h,
        taper=(0.5, 0.5),
    )


def vase(b: Builder) -> None:
    """Adds a vase."""
    r, d = b.rng, b.rng.uniform(0.08, 0.3)
    b.stand(
        "tapered",
        0,
        0,
        (d, d * r.uniform(0.8, 1.6), d),
        b.material("plain", "marble", "tiles", gloss=0.3),
        taper=(0.2, 0.2),
    )
    foliage(b, base=d, width=d * r.uniform(1.2, 3), height=d * r.uniform(1.5, 4), count=int(r.integers(2, 5)))


def roll(b: Builder) -> None:
    """Adds a roll."""
    d = b.rng.uniform(0.05, 0.16)
    b.add(
        "cylinder",
        (0, d / 2, 0),
        (d, b.rng.uniform(0.04, 0.4), d),
        b.material("plain", "cloth", "stripes"),
        roll=math.pi / 2,
    )


ITEMS = (
    cup,
    cup,
    bottle,
    bowl,
    books,
    books,
    paper,
    paper,
    carton,
    carton,
    ball,
    screen,
    laptop,
    desk_lamp,
    vase,
    roll,
)


def foliage(b: Builder, *, base: float, width: float, height: float, count: int) -> None:
    """Adds foliage."""
    r, leaf = b.rng, b.material("leafy", scale=(0.7 / width, 3 / width), vivid=0.2)
    for _ in range(count):
        x, z = r.uniform(-0.25, 0.25, 2) * width
        size = (width * r.uniform(0.4, 0.9), height * r.uniform(0.4, 0.8), width * r.uniform(0.4, 0.9))
        b.add(
            "ellipsoid",
            (x, base + height * r.uniform(0.3, 0.7), z),
            size,
            tinted(leaf, r.uniform(0.7, 1.2)),
            roll=r.normal(0, 0.4),
        )
