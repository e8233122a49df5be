"""Scenes and cameras in, images with exact depth out."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.synthetic.rendering.rasteriser import Views, cast
from hondo.synthetic.rendering.scene import SceneBatch
from hondo.synthetic.rendering.shade import shade, shadow_maps
from hondo.synthetic.rendering.textures import TextureAtlas


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Rendered images: RGB 0..1, and depth along the optical axis in metres (inf: sky)."""

    image: Float[Tensor, "f 3 h w"]
    depth: Float[Tensor, "f 1 h w"]


def render(
    scenes: SceneBatch, views: Views, atlas: TextureAtlas, shadows: Float[Tensor, "s m m"] | None = None
) -> Frames:
    """Renders every view of its scene, on the scenes' device. ``shadows``: those of ``shadow_maps``, if made."""
    with torch.inference_mode():
        shadows = shadow_maps(scenes, atlas) if shadows is None else shadows
        depth, solid = cast(scenes, views, atlas)
        return Frames(image=shade(scenes, views, depth, solid, shadows, atlas), depth=depth[:, None])
