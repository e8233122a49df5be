"""Depth, intrinsics and poses of an image that EXIF turns: they are of the pixels as the file stores them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError, unknown, warn
from hondo.core.types import Camera, Size, have_same_aspect
from hondo.images.pixels import oriented

ORIENTATIONS = ("stored", "shown")  # how the partners of a turned image lie
# EXIF orientation -> axes (x right, y down) of the image as shown, from those of its stored pixels.
_TURNS = {
    1: ((1, 0), (0, 1)), 2: ((-1, 0), (0, 1)), 3: ((-1, 0), (0, -1)), 4: ((1, 0), (0, -1)),
    5: ((0, 1), (1, 0)), 6: ((0, -1), (1, 0)), 7: ((0, -1), (-1, 0)), 8: ((0, 1), (-1, 0)),
}  # fmt: skip


def check_orientation(name: str) -> str:
    """One of ORIENTATIONS."""
    if name not in ORIENTATIONS:
        raise unknown("partner_orientation", str(name), ORIENTATIONS)
    return name


def stored_size(shown_hw: Size, orientation: int) -> Size:
    """The size of the pixels in the file of an image shown at ``shown_hw``."""
    return (shown_hw[1], shown_hw[0]) if orientation >= 5 else shown_hw


def lies_as_stored(depth_hw: Size, shown_hw: Size, *, orientation: int, partners: str) -> bool:
    """Whether depth of ``depth_hw`` must be turned with its image, and intrinsics and poses with it; says so."""
    if orientation == 1:
        return False
    stored_hw = stored_size(shown_hw, orientation)
    is_open = have_same_aspect(shown_hw, stored_hw)
    as_stored = have_same_aspect((depth_hw[0], depth_hw[1]), stored_hw) and (partners == "stored" or not is_open)
    if as_stored:
        say_turned(orientation)
    return as_stored


def say_turned(orientation: int) -> None:
    """Warns of partners that are turned with their image."""
    warn(
        f"the EXIF tag Orientation is {orientation}: depth, intrinsics and poses are taken as the pixels are stored, "
        'and turned with the image; partner_orientation="shown" if they lie as it is shown'
    )


def off_centre(camera: Camera, *, size_hw: Size) -> float:
    """How far the principal point would lie off the centre of an image of ``size_hw``, as a part of its sides."""
    return max(abs(camera.cx / size_hw[1] - 0.5), abs(camera.cy / size_hw[0] - 0.5))


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


def turned_poses(
    T_world_stored: Float[np.ndarray, "n 4 4"], orientations: Sequence[int], *, where: str
) -> Float[np.ndarray, "n 4 4"]:
    """T_world_shown of images turned by EXIF orientations 1..8, from the poses of their stored pixels.

    A mirrored image (2, 4, 5, 7) has a mirrored world; images of both kinds in one clip share none and are refused.
    """
    turns = np.tile(np.eye(4), (len(orientations), 1, 1))
    turns[:, :2, :2] = [_TURNS[orientation] for orientation in orientations]
    if len(set(np.linalg.det(turns) > 0)) > 1:
        raise HondoError(
            f"{where}: the EXIF tag Orientation mirrors some of the images ({sorted(set(orientations))}): their poses "
            "cannot be of one scene; remove the tag (exiftool -Orientation=1 -n), or leave out the poses"
        )
    return T_world_stored @ turns.swapaxes(1, 2)  # the inverse of a turn is its transpose
