"""A scene under construction: parts with sizes, places and materials are added one by one, then turned into tensors."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float

from hondo.synthetic.rendering.scene import Light, Solids
from hondo.synthetic.rendering.solids import BOX, CYLINDER, ELLIPSOID, TAPERED
from hondo.synthetic.rendering.textures import TextureAtlas

KINDS = {"box": BOX, "tapered": TAPERED, "ellipsoid": ELLIPSOID, "cylinder": CYLINDER}
Triple = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Material:
    """A texture, its scale (textures a metre), and how light meets it."""

    texture: int
    scale: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gloss: float = 0.0
    glow: float = 0.0
    fit: bool = False
    cutout: bool = False


class Builder:
    """Collects solids. Places are (right, up, ahead) in metres in the frame set by ``at``; y down is made here."""

    def __init__(self, rng: np.random.Generator, atlas: TextureAtlas) -> None:
        self.rng = rng
        self.families = atlas.families
        self._rows: list[tuple] = []
        self._frame = (0.0, 0.0, 0.0, 0.0)  # x, height, z, yaw
        self.keep_clear: list[tuple[float, float, float, float]] = []  # x, z, radius, top of what stands in the scene

    @contextmanager
    def at(self, x: float, z: float, *, height: float = 0.0, yaw: float = 0.0) -> Iterator[None]:
        """Places inside are relative to this point and heading (radians about the vertical)."""
        before = self._frame
        px, pz = self.place(x, z)
        self._frame = (px, before[1] + height, pz, before[3] + yaw)
        yield
        self._frame = before

    def place(self, x: float, z: float) -> tuple[float, float]:
        """World x and z of a place in the present frame."""
        x0, _, z0, yaw = self._frame
        c, s = math.cos(yaw), math.sin(yaw)
        return x0 + c * x + s * z, z0 - s * x + c * z

    def add(
        self,
        kind: str,
        place: Triple,
        size: Triple,
        material: Material,
        *,
        yaw: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
        taper: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """A solid centred at ``place`` with full ``size`` (width, height, length); angles in radians."""
        x, z = self.place(place[0], place[2])
        rotation = (self._frame[3] + yaw, pitch, roll)
        offset = tuple(self.rng.random(2)) if not material.fit else (0.0, 0.0)
        half = tuple(max(0.5 * abs(side), 0.002) for side in size)
        taper = taper if kind == "tapered" else (0.0, 0.0)
        self._rows.append((KINDS[kind], (x, -(self._frame[1] + place[1]), z), rotation, half, taper, material, offset))

    def stand(
        self, kind: str, x: float, z: float, size: Triple, material: Material, *, base: float = 0.0, **options
    ) -> None:
        """A solid that stands with its underside at height ``base``."""
        self.add(kind, (x, base + size[1] / 2, z), size, material, **options)

    def material(
        self,
        *families: str,
        scale: tuple[float, float] = (0.3, 2.0),
        gloss: float = 0.0,
        glow: float = 0.0,
        fit: bool = False,
        vivid: float = 0.25,
    ) -> Material:
        """A random texture of the families, randomly tinted; log-uniform ``scale`` in textures a metre."""
        rng = self.rng
        family = families[int(rng.integers(len(families)))]
        shade = rng.uniform(0.5, 1.25)
        tint = tuple((shade * rng.normal(1, 0.4 * vivid, 3).clip(0.15, 1.8)).tolist())
        return Material(
            texture=int(rng.choice(self.families[family])),
            scale=float(np.exp(rng.uniform(*np.log(scale)))),
            tint=tint,
            gloss=gloss,
            glow=glow,
            fit=fit,
            cutout=family in ("leafy", "fence"),
        )

    def cloud_texture(self) -> int:
        """A random texture of clouds, as its index in the atlas."""
        return int(self.rng.choice(self.families["cloud"]))

    def solids(self) -> Solids:
        """The parts as arrays."""
        kind, centre, angles, half, taper, material, offset = zip(*self._rows)

        def real(values) -> Float[torch.Tensor, "..."]:
            return torch.tensor(np.array(values), dtype=torch.float32)

        return Solids(
            kind=torch.tensor(kind),
            centre=real(centre),
            R_world_solid=real(rotation_from_angles(np.array(angles))),
            half=real(half),
            taper=real(taper),
            texture=torch.tensor([m.texture for m in material]),
            texture_scale=real([m.scale for m in material]),
            texture_offset=real(offset),
            fit=torch.tensor([m.fit for m in material]),
            tint=real([m.tint for m in material]),
            gloss=real([m.gloss for m in material]),
            glow=real([m.glow for m in material]),
            cutout=torch.tensor([m.cutout for m in material]),
        )


def tinted(material: Material, factor: float) -> Material:
    """The same material, lighter or darker."""
    return replace(material, tint=tuple(factor * channel for channel in material.tint))


def rotation_from_angles(angles: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3 3"]:
    """(n 3) yaw about the vertical, pitch about the side, roll about the axis ahead -> (n 3 3), yaw applied last."""
    (cy, cp, cr), (sy, sp, sr) = np.cos(angles).T, np.sin(angles).T
    zero, one = np.zeros_like(cy), np.ones_like(cy)

    def stacked(*entries) -> Float[np.ndarray, "n 3 3"]:
        return np.stack(entries, axis=-1).reshape(-1, 3, 3)

    yaw = stacked(cy, zero, sy, zero, one, zero, -sy, zero, cy)
    pitch = stacked(one, zero, zero, zero, cp, -sp, zero, sp, cp)
    roll = stacked(cr, -sr, zero, sr, cr, zero, zero, zero, one)
    return yaw @ pitch @ roll


def make_light(
    rng: np.random.Generator,
    *,
    cloud: int,
    lamp: Triple,
    target: Triple,
    radius: float,
    is_sun: bool,
    strength: float,
    fills: list[Triple],
    fill_strength: float,
    ambient: float,
    haze: float = 0.0,
) -> Light:
    """Lamps of slightly different colours; ``lamp``, ``target`` and ``fills`` are (x, up, z)."""

    def warm(amount: float) -> Float[torch.Tensor, " 3"]:
        tone = rng.normal(0, 0.12)
        return torch.tensor([amount * (1 + tone), amount, amount * (1 - tone)], dtype=torch.float32).clamp(min=0)

    def point(p: Triple) -> Float[torch.Tensor, " 3"]:
        return torch.tensor([p[0], -p[1], p[2]], dtype=torch.float32)

    blue = rng.uniform(0, 1)
    brightness = math.exp(rng.uniform(math.log(0.5), math.log(3.5)))
    zenith = brightness * np.array([0.75 - 0.5 * blue, 0.85 - 0.3 * blue, 1.0])
    horizon = brightness * (np.array([0.85, 0.9, 1.0]) * rng.uniform(0.9, 1.25, 3))
    return Light(
        ambient=warm(ambient),
        lamp=point(lamp),
        lamp_target=point(target),
        lamp_radius=torch.tensor(radius, dtype=torch.float32),
        lamp_colour=warm(strength),
        is_sun=torch.tensor(is_sun),
        fill=torch.stack([point(p) for p in fills]),
        fill_colour=torch.stack([warm(fill_strength * rng.uniform(0, 1)) for _ in fills]),
        zenith=torch.tensor(zenith, dtype=torch.float32),
        horizon=torch.tensor(horizon, dtype=torch.float32),
        cloud=torch.tensor(cloud),
        haze=torch.tensor(haze, dtype=torch.float32),
    )
