"""The embedded clip as the demo uses it: its frames, those with measured depth, and their predictions."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.types import Camera, DepthMap
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.clip_files import list_images
from hondo.data.datasets.embedded_clip import EmbeddedClip, embedded_clip
from hondo.engines.load import load
from hondo.images.read import read_depth, read_image
from hondo.models.base.depth_model import DepthModel
from hondo.recipes.demo.demo_config import DemoConfig, ProgressReporter


@dataclass(frozen=True, kw_only=True)
class DemoClip:
    """The frames in use; ``measured`` are those with depth, as samples in the order of ``measured.targets``."""

    files: EmbeddedClip
    images: tuple[Path, ...]
    measured: Frames
    camera: Camera


def open_clip(config: DemoConfig) -> DemoClip:
    """The embedded clip, cut to the frames that the demo uses."""
    files = embedded_clip()
    measured = Frames(files.folder, divide_by=files.divide_by, with_depth=True, stop=config.frames)
    assert measured.camera is not None, "the embedded clip has intrinsics"
    images = tuple(list_images(files.images)[: config.frames])
    return DemoClip(files=files, images=images, measured=measured, camera=measured.camera)


def predict_clip(
    model: DepthModel, clip: DemoClip, config: DemoConfig, *, progress: ProgressReporter, name: str
) -> list[DepthMap]:
    """The depth of every frame, on torch: other engines compile for as long as these few frames take."""
    predictor = load(deepcopy(model), engine="torch", size_hw=config.predict_hw, camera=clip.camera)
    maps = progress.each(f"depth by {name}", clip.images, lambda path: predictor(read_image(path)))
    height, width = predictor.network_size(clip.camera.size_hw)
    progress.note(f"{len(maps)} frames at {width}x{height}")
    predictor.close()
    return maps


def measured_depth(clip: DemoClip, frame: int) -> Float[np.ndarray, "h w"]:
    """Metres (h w), NaN where nothing was measured."""
    return read_depth(clip.measured.depth_maps[frame], divide_by=clip.files.divide_by)


def spread(frames: Sequence[int], count: int) -> list[int]:
    """``count`` of the frames, evenly over the clip; all where there are fewer."""
    count = min(count, len(frames))
    return [frames[(2 * part + 1) * len(frames) // (2 * count)] for part in range(count)]
