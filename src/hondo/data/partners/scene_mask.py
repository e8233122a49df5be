"""The mask of a clip: which pixels show the scene, and not a hood, a watermark or black bars."""

from pathlib import Path

import cv2
import torch
from jaxtyping import Bool
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.types import Size, have_same_aspect
from hondo.images.placement import Crop, cropped
from hondo.images.read import read_image


def read_mask(path: Path, *, full_hw: Size, crop: Crop | None, size_hw: Size) -> Bool[Tensor, "1 h w"]:
    """True where an image of the shape of the whole clip (``full_hw``) is white; its ``crop`` at ``size_hw``."""
    mask = read_image(path)[..., 0]
    if not have_same_aspect((mask.shape[0], mask.shape[1]), full_hw):
        raise HondoError(
            f"{path}: the mask is {mask.shape[1]}x{mask.shape[0]}, the clip {full_hw[1]}x{full_hw[0]} (width x "
            "height); give a mask of the clip's shape, white where the scene is seen",
            field="mask",
        )
    window = cropped(cv2.resize(mask, full_hw[::-1], interpolation=cv2.INTER_NEAREST), crop)
    is_scene = cv2.resize(window, size_hw[::-1], interpolation=cv2.INTER_NEAREST) > 127
    if not is_scene.any():
        raise HondoError(f"{path}: the mask leaves no pixel; it must be white where the scene is seen", field="mask")
    return torch.from_numpy(is_scene)[None]
