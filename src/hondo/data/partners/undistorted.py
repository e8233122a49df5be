"""Images of a lens that bends lines, straightened as they are read: the maps are made once a clip."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Num, UInt8

from hondo.core.types import Camera
from hondo.data.datasets.intrinsics import stated_lens
from hondo.geometry.lens import Lens, lens_places


class Undistorter:
    """Straightens images, depth and masks of ``camera``, which stays theirs: without the lens it is right."""

    def __init__(self, camera: Camera, lens: Lens) -> None:
        self.lens = lens
        self._places = lens_places(camera, lens)
        height, width = camera.size_hw
        inside = (self._places >= -0.5).all(-1) & (self._places <= (width - 0.5, height - 0.5)).all(-1)
        self.is_inside: Bool[np.ndarray, "h w"] = np.asarray(inside)  # where the lens saw anything

    def image(self, image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
        """Bilinear; the border is repeated where the lens saw nothing."""
        return cv2.remap(image, self._places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # pyright: ignore

    def nearest(self, values: Num[np.ndarray, "h w"]) -> Num[np.ndarray, "h w"]:
        """Depth or a mask; 0 where the lens saw nothing. Depth along the axis does not change."""
        return cv2.remap(values, self._places, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)  # pyright: ignore


def undistorter(source: "str | Path | Camera | Sequence[float] | None", camera: Camera | None) -> Undistorter | None:
    """For a camera file that states a lens; None without one."""
    lens: Any = None if source is None or camera is None else stated_lens(source, size_hw=camera.size_hw)
    return None if lens is None or camera is None else Undistorter(camera, lens)


def scene_through(
    lens: Undistorter | None, is_scene: Bool[torch.Tensor, "1 h w"] | None
) -> Bool[torch.Tensor, "1 h w"] | None:
    """A mask of the scene as straightened images show it, without what the lens did not see."""
    if lens is None or (is_scene is None and lens.is_inside.all()):
        return is_scene
    mask = lens.is_inside
    if is_scene is not None:
        mask = mask & (lens.nearest(is_scene[0].numpy().astype(np.uint8)) > 0)
    return torch.from_numpy(mask)[None]
