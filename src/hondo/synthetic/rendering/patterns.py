"""Procedural surface patterns: plaster, wood, brick, cloth, print, leaves and more, each painted from a seed."""

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Float, Num, Shaped

SIZE = 128  # pixels of a texture's side, a power of two
Rng = np.random.Generator


def fractal(rng: Rng, *, roughness: float, stretch: tuple[float, float] = (1, 1)) -> Float[np.ndarray, "h w"]:
    """Noise with power spectrum 1/f^(2 roughness), 0..1, repeating; ``stretch`` elongates it along x or y."""
    fy = np.fft.fftfreq(SIZE)[:, None] * stretch[1]
    fx = np.fft.rfftfreq(SIZE)[None] * stretch[0]
    frequency = np.maximum(np.hypot(fx, fy), 1 / SIZE)
    noise = np.fft.rfft2(rng.standard_normal((SIZE, SIZE)))
    field = np.fft.irfft2(noise / frequency**roughness, s=(SIZE, SIZE))
    low, high = np.quantile(field, (0.01, 0.99))
    return ((field - low) / (high - low)).clip(0, 1)


def colour(rng: Rng, *, saturation: float = 0.6, value: tuple[float, float] = (0.1, 0.95)) -> Float[np.ndarray, " 3"]:
    """A random RGB colour 0..1, more often dull than vivid."""
    grey = rng.uniform(*value)
    hue = rng.uniform(0, 2 * np.pi)
    wheel = 0.5 + 0.5 * np.cos(hue + np.array([0, 2.1, 4.2]))
    amount = saturation * rng.beta(0.8, 2.8)
    return (grey * (1 - amount + 2 * amount * wheel)).clip(0.02, 1)


def _mix(
    field: Shaped[np.ndarray, "h w"], a: Float[np.ndarray, "..."], b: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "h w 3"]:
    return a + (b - a) * field[..., None]


def _grain(rng: Rng, image: Float[np.ndarray, "h w 3"], amount: float) -> Float[np.ndarray, "h w 3"]:
    return image * (1 + amount * (fractal(rng, roughness=rng.uniform(0.3, 1.2))[..., None] - 0.5))


def plain(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """One colour with little grain."""
    return _grain(
        rng, np.broadcast_to(colour(rng, saturation=0.5, value=(0.3, 0.95)), (SIZE, SIZE, 3)), rng.uniform(0.02, 0.2)
    )


def plaster(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Rough plaster."""
    a = colour(rng, saturation=0.2, value=(0.55, 0.95))
    return _mix(fractal(rng, roughness=rng.uniform(0.5, 1.6)), a * rng.uniform(0.75, 0.97), a)


def marble(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Veined marble."""
    field = np.abs(2 * fractal(rng, roughness=rng.uniform(1.1, 1.8)) - 1) ** rng.uniform(0.3, 1.5)
    return _mix(field, colour(rng), colour(rng))


def cloud(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Clouds, as a texture of the sky."""
    field = np.clip(fractal(rng, roughness=rng.uniform(1.3, 1.9)) * rng.uniform(1, 3) - rng.uniform(0, 1.5), 0, 1)
    return np.repeat(field[..., None], 3, axis=2)


def wood(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Wood grain."""
    dark = np.array([0.45, 0.27, 0.13]) * rng.uniform(0.4, 1.4) * rng.uniform(0.85, 1.15, 3)
    grain = fractal(rng, roughness=rng.uniform(0.8, 1.4), stretch=(rng.uniform(6, 20), 1))
    image = _mix(grain, dark, np.minimum(dark * rng.uniform(1.2, 2.2), 1))
    boards = int(rng.choice([1, 1, 2, 4, 8]))
    tone = np.repeat(rng.uniform(0.8, 1.1, boards), SIZE // boards)
    tone[:: SIZE // boards] *= 0.6 if boards > 1 else 1
    return image * (tone[:, None, None])


def stripes(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Stripes of random widths."""
    count = int(rng.choice([2, 4, 8, 16, 32]))
    wave = (np.arange(SIZE) * count / SIZE) % 1
    line = (wave < rng.uniform(0.15, 0.85)).astype(float)
    if rng.random() < 0.3:
        line = 0.5 + 0.5 * np.sin(2 * np.pi * wave)
    return _grain(rng, _mix(np.broadcast_to(line, (SIZE, SIZE)), colour(rng), colour(rng)), 0.2)


def carpet(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Carpet."""
    threads = fractal(rng, roughness=0.2, stretch=(1, rng.uniform(1, 15)))
    return _mix(threads, colour(rng, value=(0.1, 0.6)), colour(rng, value=(0.15, 0.7)))


def checks(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """A checked pattern."""
    count = int(rng.choice([2, 4, 8]))
    cell = np.arange(SIZE) * count // SIZE
    board = ((cell[:, None] + cell[None]) % 2).astype(float)
    return _grain(rng, _mix(board, colour(rng), colour(rng)), 0.2)


def tiles(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Tiles with grout."""
    count = int(rng.choice([2, 4, 8]))
    shade = rng.uniform(1 - rng.uniform(0, 0.4), 1, (count, count))
    image = cv2.resize(shade, (SIZE, SIZE), interpolation=cv2.INTER_NEAREST)[..., None] * colour(rng, value=(0.3, 0.95))
    return _grain(rng, _grout(rng, image, SIZE // count, SIZE // count, shift=False), 0.15)


def brick(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """A brick wall."""
    rows = int(rng.choice([8, 16]))
    shade = rng.uniform(0.7, 1.1, (rows, rows // 2))
    image = cv2.resize(shade, (SIZE, SIZE), interpolation=cv2.INTER_NEAREST)[..., None]
    base = np.array([0.6, 0.35, 0.27]) * rng.uniform(0.6, 1.3) if rng.random() < 0.6 else colour(rng, saturation=0.3)
    return _grain(rng, _grout(rng, image * base, SIZE // rows, 2 * SIZE // rows, shift=True), 0.4)


def _grout(
    rng: Rng, image: Float[np.ndarray, "h w 3"], height: int, width: int, *, shift: bool
) -> Float[np.ndarray, "h w 3"]:
    thick = int(rng.integers(1, max(2, height // 5) + 1))
    y, x = np.mgrid[:SIZE, :SIZE]
    if shift:
        x = x + (y // height % 2) * width // 2
    joint = ((y % height) < thick) | ((x % width) < thick)
    return np.where(joint[..., None], colour(rng, saturation=0.1, value=(0.2, 0.9)), image)


def dead_leaves(
    rng: Rng, *, palette: Float[np.ndarray, "n 3"] | None = None, count: int = 160
) -> Float[np.ndarray, "h w 3"]:
    """Overlapping shapes with sizes of a power law: the statistics of photographs (Lee, Mumford, Huang 2001)."""
    image = np.ones((SIZE, SIZE, 3)) * colour(rng)
    for radius in np.sort(3 * rng.pareto(1.3, count) + 2)[::-1]:
        centre = rng.integers(0, SIZE, 2)
        paint = (
            colour(rng, saturation=0.9)
            if palette is None
            else palette[rng.integers(len(palette))] * rng.uniform(0.6, 1.4)
        )
        radius = float(min(radius, SIZE / 3))
        axes = (max(1, int(radius)), max(1, int(radius * rng.uniform(0.2, 1))))
        angle = float(rng.uniform(0, 180))
        box = rng.random() < 0.3
        for dx in (-SIZE, 0, SIZE):  # draw across the borders, so that the image repeats
            for dy in (-SIZE, 0, SIZE):
                at = (int(centre[0]) + dx, int(centre[1]) + dy)
                if not (-radius <= at[0] < SIZE + radius and -radius <= at[1] < SIZE + radius):
                    continue
                if box:
                    corners = cv2.boxPoints((at, (axes[0] * 2, axes[1] * 2), angle)).astype(np.int32)
                    cv2.fillConvexPoly(image, corners, paint.tolist())
                else:
                    cv2.ellipse(image, at, axes, angle, 0, 360, paint.tolist(), -1)
    return image


def collage(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Overlapping shapes of many colours."""
    return _grain(rng, dead_leaves(rng), rng.uniform(0, 0.5))


def greens(rng: Rng, n: int = 6) -> Float[np.ndarray, "n 3"]:
    """A palette of greens."""
    base = np.array([0.28, 0.36, 0.14]) * rng.uniform(0.5, 1.5) * rng.uniform(0.8, 1.25, 3)
    return (base * rng.uniform(0.5, 1.5, (n, 1)) * rng.uniform(0.85, 1.15, (n, 3))).clip(0.02, 1)


def leaves(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Overlapping leaves."""
    return _grain(rng, dead_leaves(rng, palette=greens(rng), count=350), 0.5)


def leafy(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Leaves with holes between them."""
    solid = fractal(rng, roughness=rng.uniform(0.6, 1.1)) > rng.uniform(0.1, 0.45)
    return np.concatenate((leaves(rng), solid[..., None]), axis=2)


def grass(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Grass."""
    palette = greens(rng)
    return _mix(fractal(rng, roughness=rng.uniform(0.4, 1.3)), palette[0] * 0.6, palette[1])


def soil(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Bare soil."""
    base = np.array([0.5, 0.42, 0.32]) * rng.uniform(0.4, 1.6) * rng.uniform(0.85, 1.15, 3)
    return _mix(fractal(rng, roughness=rng.uniform(0.4, 1.3)), base * rng.uniform(0.4, 0.8), base.clip(0, 1))


def asphalt(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Asphalt."""
    base = np.ones(3) * rng.uniform(0.2, 0.6) * rng.uniform(0.95, 1.05, 3)
    fine, coarse = fractal(rng, roughness=0.1), fractal(rng, roughness=1.4)
    return _mix(0.5 * fine + 0.5 * coarse, base * 0.75, base)


def facade(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """A wall with rows of windows."""
    wall = (brick if rng.random() < 0.4 else plaster)(rng) * rng.uniform(0.6, 1)
    rows = int(rng.choice([2, 4]))
    cell = SIZE // rows
    top, bottom = int(cell * rng.uniform(0.1, 0.3)), int(cell * rng.uniform(0.7, 0.92))
    left, right = int(cell * rng.uniform(0.1, 0.3)), int(cell * rng.uniform(0.65, 0.9))
    frame = colour(rng, saturation=0.2, value=(0.3, 1))
    for y in range(0, SIZE, cell):
        for x in range(0, SIZE, cell):
            glass = colour(rng, saturation=0.3, value=(0.05, 0.55))
            wall[y + top : y + bottom, x + left : x + right] = frame
            wall[y + top + 1 : y + bottom - 1, x + left + 1 : x + right - 1] = glass
            wall[y + (top + bottom) // 2, x + left : x + right] = frame
    return wall


def print_page(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Paper with lines of writing, headings and an image or two."""
    paper = colour(rng, saturation=0.5, value=(0.6, 1))
    page = np.ones((SIZE, SIZE, 3)) * paper
    if rng.random() < 0.6:
        page[
            int(rng.integers(0, 40)) : int(rng.integers(50, 110)), int(rng.integers(4, 40)) : int(rng.integers(60, 124))
        ] = 0.5
        block = np.all(page == 0.5, axis=2)
        page[block] = dead_leaves(rng, count=80)[block]
    ink = colour(rng, value=(0.02, 0.4))
    written = np.zeros((SIZE, SIZE), np.uint8)
    y = int(rng.integers(4, 16))
    while y < SIZE - 4:
        scale = float(rng.choice([0.25, 0.3, 0.5, 0.9]))
        letters = "".join(chr(int(c)) for c in rng.integers(33, 123, int(28 * 0.3 / scale)))
        y += int(26 * scale) + 3
        if rng.random() < 0.75:
            cv2.putText(
                written, letters, (int(rng.integers(2, 12)), y), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA
            )
    return _mix(written / 255, page, ink)


def bars(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Upright bars of uneven width and colour: books, planks, folds of a curtain."""
    image = np.zeros((SIZE, SIZE, 3))
    x = 0
    vivid = rng.random() < 0.6
    base = colour(rng)
    while x < SIZE:
        width = int(rng.integers(3, 18))
        paint = colour(rng, saturation=0.9) if vivid else base * rng.uniform(0.6, 1.2)
        profile = 1 - 0.4 * np.abs(np.linspace(-1, 1, width)) ** 3
        image[:, x : x + width] = (paint * profile[:, None])[: SIZE - x]
        if vivid and rng.random() < 0.5:
            y = int(rng.integers(10, 90))
            image[y : y + int(rng.integers(3, 30)), x + 1 : x + width - 1] = colour(rng, saturation=0.9)
        x += width
    return image.clip(0, 1)


def panel(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """A machine's or a screen's face: a grid of keys, buttons or lit windows."""
    image = np.ones((SIZE, SIZE, 3)) * colour(rng, value=(0.05, 0.8))
    nx, ny = int(rng.integers(2, 12)), int(rng.integers(2, 12))
    paint = colour(rng, saturation=0.5)
    for j in range(ny):
        for i in range(nx):
            if rng.random() < 0.8:
                shade = paint if rng.random() < 0.7 else colour(rng, saturation=1)
                x0, y0 = int((i + 0.15) * SIZE / nx), int((j + 0.15) * SIZE / ny)
                image[y0 : max(y0 + 1, int((j + 0.85) * SIZE / ny)), x0 : max(x0 + 1, int((i + 0.85) * SIZE / nx))] = (
                    shade
                )
    return image


def fence(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Bars, slats, wire mesh or a lattice, with holes."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    count = int(rng.choice([4, 8, 8, 16]))
    thick = rng.uniform(0.12, 0.5)
    vertical = (x * count) % 1 < thick
    pattern = int(rng.integers(4))
    if pattern == 0:
        solid = vertical | ((y * 2) % 1 < 0.1)
    elif pattern == 1:
        solid = (y * count) % 1 < thick
    elif pattern == 2:
        solid = vertical | ((y * count) % 1 < thick)
    else:
        solid = (((x + y) * count) % 1 < thick) | (((x - y) * count) % 1 < thick)
    paint = np.broadcast_to(colour(rng), (SIZE, SIZE, 3))
    return np.concatenate((_grain(rng, paint, 0.3), solid[..., None]), axis=2)


def metal(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Brushed metal."""
    brushed = fractal(rng, roughness=0.6, stretch=(20, 1))
    base = colour(rng, saturation=0.15, value=(0.2, 0.9))
    return _mix(brushed, base * 0.85, base)


def cloth(rng: Rng) -> Num[np.ndarray, "h w c"]:
    """Woven cloth."""
    folds = fractal(rng, roughness=1.6)
    base = colour(rng, saturation=0.9)
    return _mix(folds, base * rng.uniform(0.5, 0.9), base)


FAMILIES: dict[str, Callable[[Rng], np.ndarray]] = {
    "plain": plain,
    "plaster": plaster,
    "marble": marble,
    "cloud": cloud,
    "wood": wood,
    "stripes": stripes,
    "carpet": carpet,
    "checks": checks,
    "tiles": tiles,
    "brick": brick,
    "collage": collage,
    "leaves": leaves,
    "leafy": leafy,
    "grass": grass,
    "soil": soil,
    "asphalt": asphalt,
    "facade": facade,
    "print": print_page,
    "bars": bars,
    "panel": panel,
    "fence": fence,
    "metal": metal,
    "cloth": cloth,
}
