"""An image fitted to a network's input, and the way back: the only place that resizes for a network."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Float64, UInt8

from hondo.core.errors import HondoError
from hondo.core.types import Camera, Size
from hondo.images.placement import Placement, from_network, to_network


@dataclass(frozen=True, kw_only=True)
class PreparedImage:
    """The input of a network, where the image lies in it, the image (if kept), and its camera (if known)."""

    network_input: Float32[np.ndarray, "1 3 H W"]  # RGB 0..1
    placement: Placement
    image_rgb: UInt8[np.ndarray, "h w 3"] | None = None
    camera: Camera | None = None  # of the image

    @property
    def image_hw(self) -> Size:
        return self.placement.image_hw

    @property
    def network_K(self) -> Float64[np.ndarray, "3 3"]:
        """The camera matrix in pixels of the network's input."""
        assert self.camera is not None
        return self.placement.camera(self.camera).K

    def resized(self, size_hw: Size) -> "PreparedImage":
        """The same, for a depth map of another size than the image."""
        camera = None if self.camera is None else self.camera.resized(size_hw)
        return replace(self, placement=replace(self.placement, image_hw=size_hw), camera=camera)

    def at_image(self, raw: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "h w"]:
        """The network's map at the image's size."""
        return from_network(raw, self.placement)


def prepare_image(
    image: UInt8[np.ndarray, "h w 3"], placement: Placement, *, camera: Camera | None = None, keep_image: bool = True
) -> PreparedImage:
    """The image as the network's input, with its camera scaled to it."""
    return PreparedImage(
        network_input=to_network(image, placement),
        placement=placement,
        image_rgb=image if keep_image else None,
        camera=None if camera is None else camera.for_image(placement.image_hw),
    )


def as_rgb(image: Any) -> UInt8[np.ndarray, "h w 3"]:
    """An image as uint8 RGB, from an array (not copied), a PIL image, or a path."""
    if isinstance(image, (str, Path)):
        from hondo.images.read import read_image

        return read_image(image)
    if hasattr(image, "getexif"):  # a PIL image, recognised without importing PIL
        from PIL import ImageOps

        image = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    if not isinstance(image, np.ndarray):
        raise HondoError(f"an image must be a uint8 array (h w 3), a PIL image or a path, not {type(image).__name__}")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise HondoError(f"an image must be uint8 RGB of shape (h w 3), got {image.dtype} {image.shape}")
    return image
