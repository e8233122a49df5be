"""What a synthetic scene is made of: solids with materials, lights and a sky, as arrays that move to any device."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Solids:
    """All solids of one or several scenes, concatenated; metres, y down."""

    kind: Int[Tensor, " n"]
    centre: Float[Tensor, "n 3"]
    R_world_solid: Float[Tensor, "n 3 3"]
    half: Float[Tensor, "n 3"]  # half the size along the solid's own axes
    taper: Float[Tensor, "n 2"]
    texture: Int[Tensor, " n"]
    texture_scale: Float[Tensor, " n"]  # textures a metre
    texture_offset: Float[Tensor, "n 2"]
    fit: Bool[Tensor, " n"]  # the texture covers each face once
    tint: Float[Tensor, "n 3"]
    gloss: Float[Tensor, " n"]
    glow: Float[Tensor, " n"]  # light it gives off
    cutout: Bool[Tensor, " n"]  # has holes where its texture has


@dataclass(frozen=True, kw_only=True)
class Light:
    """One scene's light and air, or several scenes' stacked. The main lamp (or the far sun) casts the shadows."""

    ambient: Float[Tensor, "*s 3"]
    lamp: Float[Tensor, "*s 3"]
    lamp_target: Float[Tensor, "*s 3"]
    lamp_radius: Float[Tensor, "*s"]  # metres around the target that the shadows cover
    lamp_colour: Float[Tensor, "*s 3"]
    is_sun: Bool[Tensor, "*s"]  # no fall-off with distance
    fill: Float[Tensor, "*s 2 3"]  # two weaker lamps without shadows
    fill_colour: Float[Tensor, "*s 2 3"]
    zenith: Float[Tensor, "*s 3"]
    horizon: Float[Tensor, "*s 3"]
    cloud: Int[Tensor, "*s"]  # texture of the clouds
    haze: Float[Tensor, "*s"]  # extinction, 1/m


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Solids, light, and where a camera may stand: its path is made by views.py."""

    solids: Solids
    light: Light
    eyes: Float[Tensor, "v 3"]  # camera positions, one a frame
    R_world_camera: Float[Tensor, "v 3 3"]


@dataclass(frozen=True, kw_only=True)
class SceneBatch:
    """Several scenes side by side: scene s owns solids ``first[s] .. first[s + 1]``; lights are stacked."""

    solids: Solids
    light: Light  # every field with one more leading dimension
    first: Int[Tensor, " s_plus_1"]

    def to(self, device: torch.device | str) -> "SceneBatch":
        """The same on another device."""
        return SceneBatch(
            solids=_moved(self.solids, device), light=_moved(self.light, device), first=self.first.to(device)
        )


def stack(scenes: Sequence[Scene]) -> SceneBatch:
    """Concatenates the solids and stacks the lights of several scenes."""
    solids = {f.name: torch.cat([getattr(scene.solids, f.name) for scene in scenes]) for f in fields(Solids)}
    light = {f.name: torch.stack([getattr(scene.light, f.name) for scene in scenes]) for f in fields(Light)}
    counts = torch.tensor([0, *(len(scene.solids.kind) for scene in scenes)])
    return SceneBatch(solids=Solids(**solids), light=Light(**light), first=counts.cumsum(0))


def _moved(value, device):
    return type(value)(**{f.name: getattr(value, f.name).to(device) for f in fields(value)})
