"""What stands in rooms: each function adds one thing at the origin of the builder's present frame, facing -z."""

import math

from hondo.synthetic.worlds import tabletop
from hondo.synthetic.worlds.scene_builder import Builder, Material, tinted

SOFT = ("cloth", "carpet", "stripes", "plain", "checks")
HARD = ("wood", "wood", "plain", "metal", "plaster")


def chair(b: Builder) -> None:
    """Adds a chair."""
    r = b.rng
    wide, deep, seat, high = r.uniform(0.38, 0.55), r.uniform(0.38, 0.55), r.uniform(0.4, 0.5), r.uniform(0.75, 1.15)
    frame = b.material(*HARD, gloss=r.uniform(0, 0.3))
    cushion = b.material(*SOFT) if r.random() < 0.5 else frame
    b.add("box", (0, seat - 0.03, 0), (wide, r.uniform(0.03, 0.1), deep), cushion)
    if r.random() < 0.3:  # an office chair
        b.stand("cylinder", 0, 0, (0.07, seat, 0.07), frame)
        for k in range(5):
            angle = k * 2 * math.pi / 5
            b.add("box", (0.15 * math.sin(angle), 0.06, 0.15 * math.cos(angle)), (0.05, 0.05, 0.3), frame, yaw=angle)
    else:
        legs(b, wide, deep, seat, frame, thick=r.uniform(0.02, 0.05))
    style, z, rise = r.integers(3), deep / 2, high - seat
    if style == 0:
        b.add(
            "box",
            (0, seat + rise * 0.6, z),
            (wide, rise * 0.8, r.uniform(0.03, 0.1)),
            cushion,
            pitch=-r.uniform(0, 0.2),
        )
        return
    for x in (-wide / 2 + 0.02, wide / 2 - 0.02):
        b.add("box", (x, seat + rise / 2, z), (0.04, rise, 0.04), frame)
    for k in range(int(r.integers(2, 6))):
        if style == 1:
            b.add("box", (0, seat + rise * (0.95 - 0.17 * k), z), (wide, 0.06, 0.025), frame)
        else:
            b.add("box", (wide * (0.15 * k - 0.3), seat + rise / 2, z), (0.04, rise, 0.02), frame)


def legs(b: Builder, wide: float, deep: float, height: float, material: Material, *, thick: float) -> None:
    """Adds four legs."""
    kind = "cylinder" if b.rng.random() < 0.4 else "box"
    for x in (-1, 1):
        for z in (-1, 1):
            b.stand(kind, x * (wide / 2 - thick), z * (deep / 2 - thick), (thick, height, thick), material)


def table(b: Builder, *, wide: float | None = None, deep: float | None = None, low: bool = False) -> None:
    """Adds a table."""
    r = b.rng
    wide, deep = wide or r.uniform(0.7, 2.0), deep or r.uniform(0.6, 1.1)
    height = r.uniform(0.35, 0.5) if low else r.uniform(0.68, 0.8)
    top = b.material("wood", "wood", "plain", "plaster", "marble", "cloth", gloss=r.uniform(0, 0.5))
    thick = r.uniform(0.02, 0.06)
    b.add("box", (0, height - thick / 2, 0), (wide, thick, deep), top)
    frame = top if r.random() < 0.5 else b.material(*HARD)
    if r.random() < 0.7:
        legs(b, wide, deep, height - thick, frame, thick=r.uniform(0.03, 0.1))
    else:
        for x in (-1, 1):
            b.stand("box", x * (wide / 2 - 0.05), 0, (r.uniform(0.03, 0.4), height - thick, deep * 0.9), frame)
    tabletop.clutter(b, wide, deep, height, count=int(r.integers(0, 12)))


def plant(b: Builder) -> None:
    """Adds a plant."""
    r, d, h = b.rng, b.rng.uniform(0.2, 0.45), b.rng.uniform(0.2, 0.5)
    b.stand("cylinder", 0, 0, (d, h, d), b.material("plain", "brick", "marble", "wood"))
    tabletop.foliage(b, base=h, width=d * r.uniform(1.5, 3), height=r.uniform(0.4, 1.3), count=int(r.integers(3, 7)))


def sofa(b: Builder) -> None:
    """Adds a sofa."""
    r = b.rng
    wide, deep, seat = r.uniform(0.8, 2.3), r.uniform(0.75, 1.0), r.uniform(0.35, 0.45)
    fabric = b.material(*SOFT, "plain")
    b.stand("box", 0, 0, (wide, seat, deep), fabric)
    b.stand("tapered", 0, deep / 2 - 0.12, (wide, r.uniform(0.7, 0.95), 0.25), fabric, taper=(0.0, 0.3))
    for x in (-1, 1):
        b.stand("box", x * (wide / 2 - 0.08), 0, (0.18, seat + r.uniform(0.1, 0.25), deep), fabric)
    for _ in range(int(r.integers(0, 5))):
        x = r.uniform(-0.4, 0.4) * wide
        b.add(
            "ellipsoid",
            (x, seat + 0.18, deep * 0.15),
            (0.45, 0.4, 0.2),
            b.material(*SOFT, vivid=0.6),
            pitch=-0.4,
            yaw=r.normal(0, 0.3),
        )


def bed(b: Builder) -> None:
    """Adds a bed."""
    r, wide = b.rng, b.rng.uniform(0.9, 1.8)
    b.stand("box", 0, 0, (wide, 0.3, 2.0), b.material(*HARD))
    b.stand("box", 0, 0, (wide * 0.97, 0.25, 1.95), b.material(*SOFT), base=0.3)
    b.stand("box", 0, 1.0, (wide, r.uniform(0.7, 1.2), 0.08), b.material(*HARD, *SOFT))
    for x in (-0.25, 0.25):
        b.add("ellipsoid", (x * wide, 0.62, 0.75), (wide * 0.42, 0.18, 0.4), b.material(*SOFT))


def shelf(b: Builder) -> None:
    """Adds a shelf."""
    r = b.rng
    wide, high, deep = r.uniform(0.5, 1.6), r.uniform(0.8, 2.2), r.uniform(0.22, 0.45)
    board = b.material(*HARD)
    b.stand("box", 0, deep / 2, (wide, high, 0.02), board)
    for x in (-wide / 2, wide / 2):
        b.stand("box", x, 0, (0.03, high, deep), board)
    floors = int(r.integers(2, 6))
    for k in range(floors + 1):
        level = k * (high - 0.03) / floors
        b.stand("box", 0, 0, (wide, 0.03, deep), board, base=level)
        if k == floors or r.random() < 0.15:
            continue
        gap = high / floors
        if r.random() < 0.6:
            span = wide * r.uniform(0.4, 0.95)
            b.stand(
                "box",
                (wide - span) / 2 * r.uniform(-1, 1),
                0.03,
                (span, gap * r.uniform(0.55, 0.85), deep * 0.75),
                b.material("bars", scale=(1.5, 4)),
                base=level + 0.03,
            )
        else:
            tabletop.clutter(b, wide, deep * 0.6, level + 0.03, count=int(r.integers(1, 4)))


def cupboard(b: Builder) -> None:
    """A wardrobe, a fridge, a chest of drawers or a filing cabinet."""
    r = b.rng
    wide, high, deep = r.uniform(0.4, 1.6), r.uniform(0.6, 2.1), r.uniform(0.35, 0.65)
    front = b.material("wood", "plain", "metal", "plaster", "stripes", gloss=r.uniform(0, 0.4))
    b.stand("box", 0, 0, (wide, high, deep), front)
    fronts(b, wide, high, -deep / 2, front, base=0.0)
    if high < 1.4:
        tabletop.clutter(b, wide, deep, high, count=int(r.integers(0, 6)))


def fronts(b: Builder, wide: float, high: float, z: float, front: Material, *, base: float) -> None:
    """Doors or drawers with gaps and handles on a face at ``z``."""
    r = b.rng
    columns, rows = max(1, round(wide / r.uniform(0.35, 0.7))), int(r.choice([1, 1, 2, 3, 4]))
    steel = b.material("metal", "plain", gloss=0.6)
    for i in range(columns):
        for j in range(rows):
            x, y = (i + 0.5) / columns * wide - wide / 2, base + (j + 0.5) / rows * high
            b.add(
                "box",
                (x, y, z),
                (wide / columns - 0.012, high / rows - 0.012, 0.03),
                tinted(front, r.uniform(0.92, 1.08)),
            )
            upright = rows == 1
            size = (0.015, 0.16, 0.02) if upright else (min(0.3, wide / columns * 0.6), 0.015, 0.02)
            b.add(
                "box", (x + (wide / columns * 0.38 if upright else 0), y + high / rows * 0.25, z - 0.035), size, steel
            )


def kitchen_row(b: Builder, wide: float) -> None:
    """Base units with a worktop, a splashback and units on the wall, along the wall at +z."""
    r = b.rng
    front, top = (
        b.material("plain", "wood", "plaster", vivid=0.8, gloss=0.3),
        b.material("marble", "wood", "plain", gloss=0.4),
    )
    b.stand("box", 0, 0, (wide, 0.86, 0.58), front)
    fronts(b, wide, 0.8, -0.29, front, base=0.08)
    b.add("box", (0, 0.88, -0.02), (wide, 0.04, 0.64), tinted(top, r.uniform(0.3, 1.0)))
    b.add("box", (0, 1.2, 0.3), (wide, 0.6, 0.01), b.material("tiles", "plain", scale=(1, 4), gloss=0.3))
    tabletop.clutter(b, wide, 0.5, 0.9, count=int(r.integers(2, 5 + int(3 * wide))))
    if r.random() < 0.8:
        b.add("box", (0, 1.85, 0.13), (wide, 0.7, 0.34), front)
        with b.at(0, 0.13):
            fronts(b, wide, 0.7, -0.17, front, base=1.5)
    if r.random() < 0.6:
        b.stand("box", -wide / 2 - 0.35, 0, (0.65, r.uniform(0.9, 2.1), 0.62), b.material("plain", "metal", gloss=0.4))


def floor_lamp(b: Builder) -> None:
    """Adds a floor lamp."""
    steel, h, d = b.material("metal", "wood"), b.rng.uniform(1.2, 1.8), b.rng.uniform(0.25, 0.5)
    b.stand("cylinder", 0, 0, (0.3, 0.03, 0.3), steel)
    b.stand("cylinder", 0, 0, (0.03, h, 0.03), steel)
    b.stand(
        "tapered",
        0,
        0,
        (d, d * 0.8, d),
        b.material("plain", "cloth", glow=b.rng.uniform(0.5, 4)),
        base=h - 0.1,
        taper=(0.4, 0.4),
    )


def boxes(b: Builder) -> None:
    """Adds boxes."""
    base = 0.0
    for _ in range(int(b.rng.integers(1, 4))):
        w, h, d = b.rng.uniform(0.2, 0.6, 3)
        b.stand(
            "box",
            b.rng.normal(0, 0.05),
            0,
            (w, h, d),
            b.material("wood", "plain", "print", "panel"),
            base=base,
            yaw=b.rng.normal(0, 0.3),
        )
        base += h


def bin_(b: Builder) -> None:
    """Adds a bin."""
    d = b.rng.uniform(0.2, 0.45)
    b.stand(
        str(b.rng.choice(["cylinder", "tapered"])),
        0,
        0,
        (d, b.rng.uniform(0.3, 0.8), d),
        b.material("plain", "metal", "fence"),
        taper=(-0.2, -0.2),
    )


def person(b: Builder) -> None:
    """Standing or walking: legs, body, arms, head."""
    r = b.rng
    tall = r.uniform(1.45, 1.95)
    trousers, shirt, skin = (
        b.material("cloth", "plain"),
        b.material("cloth", "plain", "stripes", "checks", vivid=0.6),
        b.material("plain", vivid=0.1),
    )
    stride = r.uniform(0, 0.35)
    for side in (-1, 1):
        b.add("ellipsoid", (side * 0.1, tall * 0.24, 0), (0.17, tall * 0.54, 0.2), trousers, pitch=side * stride)
        b.add(
            "ellipsoid",
            (side * 0.24, tall * 0.62, 0),
            (0.11, tall * 0.38, 0.12),
            shirt,
            pitch=-side * stride,
            roll=side * 0.15,
        )
    b.add("ellipsoid", (0, tall * 0.65, 0), (0.42, tall * 0.42, 0.26), shirt)
    b.add("ellipsoid", (0, tall * 0.93, 0), (0.17, tall * 0.14, 0.2), skin)
    b.add("ellipsoid", (0, tall * 0.955, 0.015), (0.18, tall * 0.12, 0.2), b.material("soil", "plain", "wood"))


def stool(b: Builder) -> None:
    """Adds a stool."""
    d, h = b.rng.uniform(0.28, 0.45), b.rng.uniform(0.4, 0.75)
    paint = b.material(*HARD, *SOFT)
    b.add("cylinder", (0, h, 0), (d, 0.06, d), paint)
    legs(b, d, d, h, b.material(*HARD), thick=0.03)


def monitor_desk(b: Builder) -> None:
    """An office desk with a screen and a chair drawn up to it."""
    wide = b.rng.uniform(1.2, 1.8)
    table(b, wide=wide, deep=0.75)
    with b.at(b.rng.uniform(-0.3, 0.3), 0.15, height=0.74):
        tabletop.screen(b)
    with b.at(b.rng.uniform(-0.3, 0.3), -0.6, yaw=math.pi + b.rng.normal(0, 0.5)):
        chair(b)


def dining(b: Builder) -> None:
    """A table with chairs around it."""
    r = b.rng
    wide, deep = r.uniform(0.8, 1.9), r.uniform(0.7, 1.0)
    table(b, wide=wide, deep=deep)
    for side in (-1, 1):
        for x in (-0.28, 0.28):
            if r.random() < 0.75:
                with b.at(
                    x * wide + r.normal(0, 0.05),
                    side * (deep / 2 + r.uniform(-0.05, 0.35)),
                    yaw=(0 if side > 0 else math.pi) + r.normal(0, 0.3),
                ):
                    chair(b)


AGAINST_WALL = (shelf, shelf, cupboard, cupboard, sofa, bed, monitor_desk, boxes)
FREE = (table, dining, dining, chair, chair, stool, plant, boxes, floor_lamp, bin_, person, sofa, monitor_desk)
