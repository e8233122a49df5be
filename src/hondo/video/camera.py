"""The camera that a user gives for pictures: a file or four numbers, in pixels of exactly these pictures."""

import json
from functools import lru_cache
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.core.types import Camera, Size
from hondo.data.intrinsics import read_camera

ASSUMED_FOV_DEG = 60.0  # horizontal; about that of a phone or a webcam


@lru_cache(maxsize=64)
def picture_camera(given: str, *, size_hw: Size) -> Camera:
    """The camera of a picture of ``size_hw``; a file that states another size is refused, be it only another scale."""
    stated = _stated_size(Path(given))
    if stated not in (None, tuple(size_hw)):
        raise HondoError(
            f"--camera {given} is of a {stated[1]}x{stated[0]} picture (width x height), "
            f"this one is {size_hw[1]}x{size_hw[0]}; give intrinsics of this picture, or resize the picture"
        )
    return read_camera(given, size_hw=size_hw)


@lru_cache(maxsize=64)
def assumed_camera(size_hw: Size) -> Camera:
    """Where nothing is known: square pixels, 60 degrees wide."""
    return Camera.from_fov(ASSUMED_FOV_DEG, size_hw=size_hw)


def _stated_size(path: Path) -> Size | None:
    """The size in an intrinsics file; None where it states none or is of another form (read_camera judges that)."""
    if not path.is_file():
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return int(stored["height"]), int(stored["width"])
    except (ValueError, KeyError, TypeError):
        return None
