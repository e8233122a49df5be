"""Intrinsics from what users have: a JSON file, a text file with K or four numbers, or "fx,fy,cx,cy"."""

import json
import re
from functools import lru_cache
from pathlib import Path

import numpy as np

from hondo.core.errors import HondoError
from hondo.core.text_file import read_text
from hondo.core.types import Camera, Size


def read_camera(source: str | Path | Camera, *, size_hw: Size, may_scale: bool = True) -> Camera:
    """The camera of an image of ``size_hw`` from a file, a text "fx,fy,cx,cy" in its pixels, or a Camera of any size.

    JSON: fx, fy, cx, cy, width, height; scaled to the image if ``may_scale`` and the aspect is the same, else refused.
    Text: 3x3 (or 3x4 projection) matrix, or fx fy cx cy, in pixels of the image.
    """
    if isinstance(source, Camera):
        return source.for_image(size_hw)
    text, where = _text(source)
    try:
        if text.lstrip().startswith("{"):
            stated = _from_json(text)
            if not may_scale and stated.size_hw != tuple(size_hw):
                raise HondoError(
                    f"the intrinsics are of a {stated.size_hw[1]}x{stated.size_hw[0]} image (width x height), this one "
                    f"is {size_hw[1]}x{size_hw[0]}; give the intrinsics of this image, or resize the image"
                )
            return stated.for_image(size_hw)
        return _from_numbers(text, size_hw=size_hw)
    except (HondoError, json.JSONDecodeError) as error:
        raise HondoError(f"{where}: {error}", field="camera") from error


def _text(source: str | Path) -> tuple[str, str]:
    """The text of a file, or the option itself, and what to call it in an error."""
    path = Path(source)
    if path.is_file():
        return read_text(path), str(path)
    if re.fullmatch(r"[\s\d.,eE+;-]+", str(source)):
        return str(source), f"camera '{source}'"
    raise HondoError(f"camera '{source}': no such file, and not fx,fy,cx,cy in pixels, e.g. 525,525,320,240")


def _from_json(text: str) -> Camera:
    stored = json.loads(text)
    missing = [name for name in ("fx", "fy", "cx", "cy", "width", "height") if name not in stored]
    if missing:
        raise HondoError(f"intrinsics lack {', '.join(missing)}; give fx, fy, cx, cy, width and height in pixels")
    try:
        numbers = {name: float(stored[name]) for name in ("fx", "fy", "cx", "cy")}
        return Camera(**numbers, size_hw=(int(stored["height"]), int(stored["width"])))
    except (TypeError, OverflowError) as error:
        raise HondoError(f"intrinsics must be numbers, got {stored}") from error


def _from_numbers(text: str, *, size_hw: Size) -> Camera:
    """4 numbers (fx fy cx cy), 9 (K) or 12 (projection matrix, or several such with one K; last column unused)."""
    try:
        numbers = np.array([float(word) for word in re.split(r"[\s,;]+", text.strip()) if word])
    except ValueError as error:
        raise HondoError(f"intrinsics must be numbers only ({error}); give K as 3x3, or fx fy cx cy") from error
    if numbers.size == 4:
        fx, fy, cx, cy = numbers.tolist()
        return Camera(fx=fx, fy=fy, cx=cx, cy=cy, size_hw=size_hw)
    if numbers.size == 9:
        return Camera.from_K(numbers.reshape(3, 3), size_hw=size_hw)
    if numbers.size and numbers.size % 12 == 0:
        matrices = numbers.reshape(-1, 3, 4)[:, :, :3]
        if (matrices != matrices[0]).any():
            raise HondoError(f"found {len(matrices)} projection matrices of different cameras; give one of them")
        return Camera.from_K(matrices[0], size_hw=size_hw)
    raise HondoError(f"found {numbers.size} numbers; give K (9), a 3x4 projection matrix (12) or fx fy cx cy (4)")


ASSUMED_FOV_DEG = 60.0  # horizontal; about that of a phone or a webcam


@lru_cache(maxsize=64)
def image_camera(given: str, *, size_hw: Size) -> Camera:
    """As ``read_camera``, for many images: a file that states another size than the image's is refused."""
    return read_camera(given, size_hw=size_hw, may_scale=False)


@lru_cache(maxsize=64)
def assumed_camera(size_hw: Size) -> Camera:
    """The camera where no intrinsics are known: square pixels, 60 degrees wide."""
    return Camera.from_fov(ASSUMED_FOV_DEG, size_hw=size_hw)
