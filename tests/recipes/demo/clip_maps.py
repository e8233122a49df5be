"""Depth maps of the demo's clip, made from its measured depth."""

import numpy as np

from hondo.core.types import DepthKind, DepthMap
from hondo.images.read import read_image
from hondo.recipes.demo.demo_clip import DemoClip, measured_depth


def maps_of(clip: DemoClip, *, factors: dict[int, float] | None = None) -> list[DepthMap]:
    """The measured depth as inverse depth, times a factor a frame; frames without it get ones."""
    maps = []
    for frame, image in enumerate(clip.images):
        values = np.ones(clip.camera.size_hw, dtype=np.float32)
        if frame in clip.measured.depth_maps:
            values = np.nan_to_num((factors or {}).get(frame, 1.0) / measured_depth(clip, frame), nan=1.0)
        kind, shown = DepthKind.SCALED_INVERSE_DEPTH, read_image(image)
        maps.append(DepthMap(values=values.astype(np.float32), kind=kind, camera=clip.camera, image_rgb=shown))
    return maps
