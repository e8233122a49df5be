"""What stands in streets and fields: trees, poles, signs, fences, houses, at the present frame's origin."""

import math

from hondo.synthetic.worlds.furniture import person
from hondo.synthetic.worlds.scene_builder import Builder, Material, tinted
from hondo.synthetic.worlds.vehicles import car, two_wheeler


def tree(b: Builder) -> None:
    """Adds a tree."""
    r = b.rng
    tall, crown = r.uniform(3, 14), r.uniform(0.35, 0.7)
    bark = b.material("soil", "wood", "marble", vivid=0.1, scale=(0.5, 2))
    thick = tall * r.uniform(0.02, 0.05)
    b.stand(
        "tapered" if r.random() < 0.3 else "cylinder",
        0,
        0,
        (thick, tall * 0.8, thick),
        tinted(bark, 0.6),
        taper=(0.6, 0.6),
    )
    if r.random() < 0.15:  # bare
        for _ in range(int(r.integers(4, 9))):
            angle, length = r.uniform(-3, 3), tall * r.uniform(0.15, 0.4)
            b.add(
                "cylinder",
                (0.3 * length * math.sin(angle), tall * r.uniform(0.4, 0.8), 0.3 * length * math.cos(angle)),
                (thick * 0.3, length, thick * 0.3),
                tinted(bark, 0.5),
                yaw=angle,
                pitch=r.uniform(0.4, 1.1),
            )
        return
    leaf, width = b.material("leafy", "leafy", "leaves", vivid=0.2, scale=(0.15, 0.6)), tall * r.uniform(0.3, 0.7)
    if r.random() < 0.2:  # a conifer
        for k in range(4):
            d = width * (1 - 0.22 * k)
            b.stand(
                "tapered",
                0,
                0,
                (d, tall * 0.35, d),
                tinted(leaf, 0.6),
                base=tall * (0.15 + 0.2 * k),
                taper=(0.95, 0.95),
                yaw=0.4 * k,
            )
        return
    for _ in range(int(r.integers(3, 9))):
        x, z = r.uniform(-0.35, 0.35, 2) * width
        d = width * r.uniform(0.35, 0.8)
        b.add(
            "ellipsoid",
            (x, tall * r.uniform(1 - crown, 0.95), z),
            (d, d * r.uniform(0.5, 1.1), d),
            tinted(leaf, r.uniform(0.6, 1.2)),
            yaw=r.uniform(0, 3),
        )


def bush(b: Builder) -> None:
    """Adds a bush."""
    r, leaf = b.rng, b.material("leafy", "leaves", vivid=0.2, scale=(0.3, 1.2))
    for _ in range(int(r.integers(1, 5))):
        x, z = r.uniform(-0.6, 0.6, 2)
        d = r.uniform(0.6, 2.2)
        b.add("ellipsoid", (x, d * 0.3, z), (d, d * r.uniform(0.6, 1.1), d), tinted(leaf, r.uniform(0.7, 1.2)))


def hedge(b: Builder) -> None:
    """Adds a hedge."""
    b.stand(
        "box",
        0,
        0,
        (b.rng.uniform(0.5, 1.2), b.rng.uniform(0.7, 2.5), b.rng.uniform(3, 12)),
        b.material("leaves", "leafy", scale=(0.3, 1)),
    )


def pole(b: Builder) -> None:
    """A lamp post, traffic light, sign post or a bare pole."""
    r = b.rng
    tall, d = r.uniform(2.2, 9), r.uniform(0.06, 0.25)
    steel = tinted(b.material("metal", "plain", "wood", vivid=0.1), r.uniform(0.3, 1))
    b.stand("cylinder", 0, 0, (d, tall, d), steel)
    style = r.integers(4)
    if style == 0:
        arm = r.uniform(0.5, 3)
        b.add("box", (arm / 2, tall, 0), (arm, d * 0.6, d * 0.6), steel)
        b.add("box", (arm, tall - 0.05, 0), (0.5, 0.15, 0.25), tinted(steel, 1.3))
    elif style == 1:
        b.add("box", (0, min(tall, 3) - 0.4, -0.15), (0.3, 0.85, 0.2), tinted(steel, 0.3))
        for k, hue in enumerate(((0.9, 0.1, 0.1), (0.9, 0.6, 0.1), (0.1, 0.8, 0.3))):
            b.add(
                "ellipsoid",
                (0, min(tall, 3) - 0.14 - 0.27 * k, -0.25),
                (0.2, 0.2, 0.1),
                Material(texture=steel.texture, tint=hue, glow=float(r.uniform(0, 2))),
            )
    elif style == 2:
        sign = b.material("print", "plain", "stripes", "checks", fit=True, vivid=0.7)
        round_ = r.random() < 0.5
        size = r.uniform(0.4, 0.9)
        b.add(
            "cylinder" if round_ else "box",
            (0, min(tall, 2.6), -0.05),
            (size, 0.03, size) if round_ else (size, size * r.uniform(0.5, 1.5), 0.03),
            sign,
            pitch=math.pi / 2 if round_ else 0,
        )


def fence(b: Builder) -> None:
    """Adds a fence."""
    b.stand(
        "box",
        0,
        0,
        (0.04, b.rng.uniform(0.7, 2.2), b.rng.uniform(4, 25)),
        b.material("fence", "fence", "wood", scale=(0.3, 1.2)),
    )


def wall(b: Builder) -> None:
    """Adds a wall."""
    b.stand(
        "box",
        0,
        0,
        (b.rng.uniform(0.2, 0.5), b.rng.uniform(0.5, 3), b.rng.uniform(3, 20)),
        b.material("brick", "plaster", "marble", "tiles", scale=(0.3, 1)),
    )


def guard_rail(b: Builder) -> None:
    """Adds a guard rail."""
    steel, long = b.material("metal", vivid=0.05), b.rng.uniform(8, 30)
    b.add("box", (0, 0.65, 0), (0.06, 0.3, long), steel)
    for k in range(int(long / 2)):
        b.stand("box", 0, -long / 2 + 2 * k, (0.1, 0.75, 0.1), steel)


def bench(b: Builder) -> None:
    """Adds a bench."""
    plank = b.material("wood", "metal")
    b.add("box", (0, 0.45, 0), (0.45, 0.06, 1.6), plank)
    b.add("box", (0.22, 0.75, 0), (0.05, 0.4, 1.6), plank)
    for z in (-0.6, 0.6):
        b.stand("box", 0, z, (0.4, 0.45, 0.06), plank)


def cabinet(b: Builder) -> None:
    """Adds a cabinet."""
    w, h, d = b.rng.uniform(0.4, 1.6), b.rng.uniform(0.6, 2.2), b.rng.uniform(0.4, 1.2)
    b.stand("box", 0, 0, (w, h, d), b.material("panel", "print", "plain", "metal", fit=bool(b.rng.random() < 0.5)))


def house(b: Builder, *, wide: float, deep: float, high: float) -> None:
    """A building whose side x = -wide/2 .. faces the street: facade, often a roof, a ground floor, balconies."""
    r = b.rng
    face = b.material("facade", "facade", "facade", "brick", "plaster", "tiles", scale=(0.1, 0.3), vivid=0.15)
    b.stand("box", 0, 0, (wide, high, deep), face)
    if r.random() < 0.5:
        roof = b.material("brick", "tiles", "stripes", "plain", scale=(0.3, 1))
        b.stand(
            "tapered",
            0,
            0,
            (wide * 1.06, wide * r.uniform(0.25, 0.6), deep * 1.04),
            tinted(roof, 0.7),
            base=high,
            taper=(1.0, r.uniform(0, 0.4)),
        )
    if r.random() < 0.5:
        shop = b.material("panel", "bars", "print", "stripes", "plain", scale=(0.15, 0.5), gloss=0.2)
        b.stand("box", 0, 0, (wide + 0.1, r.uniform(2.5, 3.8), deep * 0.98), shop)
    for k in range(int(r.integers(0, 4))):
        level = 3.0 + 3 * k
        if level < high - 2:
            b.stand(
                "box",
                0,
                r.uniform(-0.2, 0.2) * deep,
                (wide + r.uniform(0.3, 2), 0.9, deep * r.uniform(0.2, 0.9)),
                b.material("fence", "plaster"),
                base=level,
            )


def bridge(b: Builder, *, span: float) -> None:
    """A bridge across the road ahead, with its piers."""
    r = b.rng
    concrete = tinted(b.material("plaster", "asphalt", "marble", "metal", vivid=0.08), 0.8)
    high, deep = r.uniform(4.8, 8), r.uniform(3, 14)
    b.stand("box", 0, 0, (span * 3, r.uniform(0.6, 1.6), deep), concrete, base=high, roll=r.normal(0, 0.02))
    b.stand("box", 0, -deep / 2, (span * 3, 1.0, 0.08), b.material("fence", "plaster"), base=high + 1)
    for x in (-1, 1):
        b.stand(str(r.choice(["box", "cylinder"])), x * span / 2, 0, (1.2, high, r.uniform(1, deep)), concrete)


ROADSIDE = (
    tree,
    tree,
    tree,
    pole,
    pole,
    pole,
    bush,
    hedge,
    fence,
    wall,
    guard_rail,
    bench,
    cabinet,
    person,
    person,
    two_wheeler,
    car,
)
