"""Depth and intrinsics of an image that EXIF turns: they lie as the sensor read them, like the pixels of the file."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError, unknown, warn
from hondo.core.types import Camera, Size
from hondo.images.pixels import oriented

ORIENTATIONS = ("stored", "shown")  # how the partners of a turned image lie


def check_orientation(name: str) -> str:
    """One of ORIENTATIONS."""
    if name not in ORIENTATIONS:
        raise unknown("partner_orientation", str(name), ORIENTATIONS)
    return name


def stored_size(shown_hw: Size, orientation: int) -> Size:
    """The size of the pixels in the file of an image shown at ``shown_hw``."""
    return (shown_hw[1], shown_hw[0]) if orientation >= 5 else shown_hw


def lies_as_stored(depth_hw: Size, shown_hw: Size, *, orientation: int, partners: str) -> bool:
    """Whether depth of ``depth_hw`` must be turned with its image; warns where sizes leave it open."""
    if orientation == 1:
        return False
    stored_hw = stored_size(shown_hw, orientation)
    is_open = tuple(shown_hw) == tuple(stored_hw)
    as_stored = tuple(depth_hw) == tuple(stored_hw) and (partners == "stored" or not is_open)
    if as_stored:
        warn(
            f"the EXIF tag Orientation is {orientation}: depth and intrinsics are taken as the pixels are stored, and "
            'turned with the image; partner_orientation="shown" if they lie as it is shown'
        )
    return as_stored


def turned_depth(depth: Float[np.ndarray, "h w"], orientation: int) -> Float[np.ndarray, "H W"]:
    """The map turned as the image is."""
    return oriented(depth, orientation)


def turned_camera(camera: Camera, orientation: int) -> Camera:
    """The camera of the image as EXIF orientation 1..8 shows it, from that of its stored pixels."""
    if orientation not in range(1, 9):
        raise HondoError(f"EXIF orientation must be 1 to 8, got {orientation}")
    height, width = camera.size_hw
    is_swapped = orientation >= 5
    x, y = (camera.cy, camera.cx) if is_swapped else (camera.cx, camera.cy)
    fx, fy = (camera.fy, camera.fx) if is_swapped else (camera.fx, camera.fy)
    shown_hw = (width, height) if is_swapped else (height, width)
    if orientation in (2, 3, 6, 7):
        x = shown_hw[1] - x
    if orientation in (3, 4, 7, 8):
        y = shown_hw[0] - y
    return replace(camera, fx=fx, fy=fy, cx=x, cy=y, size_hw=shown_hw)
