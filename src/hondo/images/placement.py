"""Where an image lies in a network's input, for serving and training alike: the one resize, pad and undo."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, Float32, Float64, Num, UInt8

from hondo.core.errors import HondoError
from hondo.core.types import Camera, InputSpec, Size

Crop = tuple[int, int, int, int]  # a window of an image: top, left, height, width in pixels

# An image whose aspect is this close to the network's fills it (KITTI's 375x1242 in 192x640 is off by 0.6 %);
# a larger difference is padded, never stretched.
MAX_STRETCH = 1.04
_AREA_RANGE = 1.3  # sizes that are tried have an area within this factor of the native one
COMMON_ASPECTS = ((4, 3), (3, 4), (16, 9), (9, 16), (1, 1), (3, 2), (2, 3), (10, 3))  # width, height; the last: KITTI
_ASPECT_WEIGHT = 4.0  # of a wrong aspect against a wrong area, both as logarithms


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where an image lies in a network input of ``network_hw``: resized to ``content_hw``, at (top, left)."""

    image_hw: Size
    network_hw: Size
    content_hw: Size
    top: int
    left: int

    @property
    def is_padded(self) -> bool:
        """Whether the image does not fill the input."""
        return self.content_hw != self.network_hw

    @property
    def bottom(self) -> int:
        """Rows of padding below the image."""
        return self.network_hw[0] - self.content_hw[0] - self.top

    @property
    def right(self) -> int:
        """Columns of padding to the right of the image."""
        return self.network_hw[1] - self.content_hw[1] - self.left

    def camera(self, camera: Camera) -> Camera:
        """The camera of the network input, from that of the image."""
        return camera.resized(self.content_hw).cropped(top=-self.top, left=-self.left, size_hw=self.network_hw)


@lru_cache(maxsize=256)
def place(image_hw: Size, spec: InputSpec) -> Placement:
    """The network size for an image: its own aspect, the area of ``spec.size_hw``, sides multiples of ``multiple_of``.

    With ``spec.fixed`` the size is ``spec.size_hw``.
    """
    if min(image_hw) < 1:
        raise HondoError(f"an image of {image_hw[0]}x{image_hw[1]} pixels has nothing to predict")
    network = (
        spec.size_hw if spec.fixed else min(_sizes(image_hw, spec), key=lambda size: _misfit(size, image_hw, spec))
    )
    return place_into(image_hw, network)


def place_into(image_hw: Size, network: Size) -> Placement:
    """An image in an input of a given size: it fills it if the aspects are alike, else it lies in its middle."""
    scale = min(network[0] / image_hw[0], network[1] / image_hw[1])
    content = (max(1, round(image_hw[0] * scale)), max(1, round(image_hw[1] * scale)))
    if max(network[0] / content[0], network[1] / content[1]) <= MAX_STRETCH:
        content = network
    top, left = (network[0] - content[0]) // 2, (network[1] - content[1]) // 2
    return Placement(image_hw=image_hw, network_hw=network, content_hw=content, top=top, left=left)


@lru_cache(maxsize=256)
def place_at_common_aspect(image_hw: Size, spec: InputSpec) -> Placement:
    """Where an image lies in a network input of the common aspect ratio nearest to its own.

    An engine compiles for each input size, which takes seconds: clients of a server must not be able to ask for ever
    new ones.
    """
    if spec.fixed:
        return place(image_hw, spec)
    aspect = math.log(image_hw[1] / image_hw[0])
    width, height = min(COMMON_ASPECTS, key=lambda each: abs(math.log(each[0] / each[1]) - aspect))
    network_hw = place((120 * height, 120 * width), spec).network_hw
    return place(image_hw, replace(spec, size_hw=network_hw, fixed=True))


def check_crop(crop: Crop | None, size_hw: Size, *, where: object) -> None:
    """Refuses a window that does not lie inside the image."""
    if crop is None:
        return
    top, left, height, width = crop
    if min(top, left) < 0 or min(height, width) < 16 or top + height > size_hw[0] or left + width > size_hw[1]:
        raise HondoError(
            f"{where}: the crop {crop} (top, left, height, width) is not a window of at least 16x16 pixels in an "
            f"image of {size_hw[0]}x{size_hw[1]} (height x width)",
            field="crop",
        )


def cropped(values: Num[np.ndarray, "h w *c"], crop: Crop | None) -> Num[np.ndarray, "H W *c"]:
    """The window of an array of pixels; all of it without one."""
    if crop is None:
        return values
    top, left, height, width = crop
    return values[top : top + height, left : left + width]


def to_network(image: UInt8[np.ndarray, "h w 3"], placement: Placement) -> Float32[np.ndarray, "1 3 H W"]:
    """RGB 0..1, as ``place_image`` gives it. Not normalised."""
    image = place_image(image, placement)
    planes = np.empty((1, 3, *placement.network_hw), dtype=np.float32)
    for channel, plane in enumerate(cv2.split(image)):
        np.multiply(plane, np.float32(1 / 255), out=planes[0, channel])
    return planes


def place_image(image: Num[np.ndarray, "h w 3"], placement: Placement) -> Num[np.ndarray, "H W 3"]:
    """The image (uint8 or float32) at the network's size: resized, its borders mirrored into the padding."""
    if image.shape[:2] != placement.image_hw:
        raise HondoError(f"the image is {image.shape[:2]}, its placement was made for {placement.image_hw}")
    image = resize_image(image, placement.content_hw)
    if not placement.is_padded:
        return image
    sides = placement.top, placement.bottom, placement.left, placement.right
    return cv2.copyMakeBorder(image, *sides, cv2.BORDER_REFLECT)


def resize_image(image: Num[np.ndarray, "h w 3"], size_hw: Size) -> Num[np.ndarray, "H W 3"]:
    """Area average when shrinking, else bilinear.

    A large image is first shrunk by an integer that divides both its sides: OpenCV does that several times faster
    than other ratios, and the average of averages is the average.
    """
    (height, width), (tall, wide) = size_hw, image.shape[:2]
    if (height, width) == (tall, wide):
        return image
    if height > tall or width > wide:
        return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    factor = max(n for n in range(1, min(tall // height, wide // width) + 1) if tall % n == wide % n == 0)
    if factor > 1:
        image = cv2.resize(image, (wide // factor, tall // factor), interpolation=cv2.INTER_AREA)
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def from_network(values: Float32[np.ndarray, "H W"], placement: Placement) -> Float32[np.ndarray, "h w"]:
    """The map at the image's size: padding cut off, bilinear in the map's own unit.

    A map that is smaller than the network's input (AdaBins gives half the size) is first resized to it.
    """
    if values.shape != placement.network_hw:
        values = cv2.resize(values, placement.network_hw[::-1], interpolation=cv2.INTER_LINEAR)
    top, left, (height, width) = placement.top, placement.left, placement.content_hw
    inside = values[top : top + height, left : left + width]
    if placement.content_hw == placement.image_hw:
        return np.ascontiguousarray(inside)
    return cv2.resize(inside, placement.image_hw[::-1], interpolation=cv2.INTER_LINEAR)


@dataclass(frozen=True, kw_only=True)
class PreparedImage:
    """The input of a network, where the image lies in it, the image (if kept), and its camera (if known)."""

    network_input: Float32[np.ndarray, "1 3 H W"]  # RGB 0..1
    placement: Placement
    image_rgb: UInt8[np.ndarray, "h w 3"] | None = None
    camera: Camera | None = None  # of the image

    @property
    def image_hw(self) -> Size:
        """The size of the image, or of the depth map."""
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
    image: Any,
    spec: InputSpec,
    *,
    place: Callable[[Size, InputSpec], Placement] = place,
    camera: Camera | None = None,
    keep_image: bool = True,
) -> PreparedImage:
    """An image (see ``as_rgb``) as the network's input, with its camera scaled to it."""
    rgb = as_rgb(image)
    placement = place((rgb.shape[0], rgb.shape[1]), spec)
    return PreparedImage(
        network_input=to_network(rgb, placement),
        placement=placement,
        image_rgb=rgb if keep_image else None,
        camera=None if camera is None else camera.for_image(placement.image_hw),
    )


def as_rgb(image: Any) -> UInt8[np.ndarray, "h w 3"]:
    """An image as uint8 RGB, from an array (not copied), a PIL image, or a path."""
    if isinstance(image, (str, Path)):
        from hondo.images.read import read_image

        return read_image(image)
    if hasattr(image, "getexif"):  # a PIL image, recognised without importing PIL
        from PIL import ImageOps

        from hondo.images.read import pillow_rgb

        return pillow_rgb(ImageOps.exif_transpose(image), format=image.format)
    if not isinstance(image, np.ndarray):
        raise HondoError(f"an image must be a uint8 array (h w 3), a PIL image or a path, not {type(image).__name__}")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise HondoError(f"an image must be uint8 RGB of shape (h w 3), got {image.dtype} {image.shape}")
    return image


def _sizes(image_hw: Size, spec: InputSpec) -> Iterator[Size]:
    """Sizes of about the native area: every fitting height, with the widths next to the aspect and next to the area."""
    step, area = spec.multiple_of, spec.size_hw[0] * spec.size_hw[1]
    aspect = image_hw[1] / image_hw[0]
    ideal = min(math.sqrt(area / aspect), area / step)  # of a very tall image: one step wide
    low = max(1, math.floor(ideal / _AREA_RANGE / step))
    high = max(low, math.ceil(ideal * _AREA_RANGE / step))
    for height in (row * step for row in range(low, high + 1)):
        widths = {math.floor(wish / step) + extra for wish in (height * aspect, area / height) for extra in (0, 1)}
        yield from ((height, max(1, width) * step) for width in sorted(widths))


def _misfit(size_hw: Size, image_hw: Size, spec: InputSpec) -> tuple[bool, float]:
    height, width = size_hw
    area = abs(math.log(height * width / (spec.size_hw[0] * spec.size_hw[1])))
    aspect = abs(math.log(width / height * image_hw[0] / image_hw[1]))
    return area > math.log(_AREA_RANGE), area + _ASPECT_WEIGHT * aspect
