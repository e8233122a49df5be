"""The inputs of an exported graph: the image, and for multi-frame models the frames before it and K."""

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Float

from hondo.core.types import Camera
from hondo.engines.base.predictor import NetworkPredictor, Run

Array = np.ndarray
Feed = tuple[Array, ...]  # (image (b 3 H W),) or (image, previous (b n 3 H W), K (b 3 3))
INPUTS: tuple[str, ...] = ("image", "previous", "K")

_STEP = 0.04  # of a made-up camera from frame to frame, as a share of the depth
_FOV_DEG = 80.0  # of the made-up camera, about that of cameras in cars


def shapes_of(shape: tuple[int, ...], *, num_previous: int) -> dict[str, tuple[int, ...]]:
    """The shape of every input of a graph, by name, from that of the image."""
    if not num_previous:
        return {"image": shape}
    batch, *image = shape
    return {"image": shape, "previous": (batch, num_previous, *image), "K": (batch, 3, 3)}


def axes_of(*, num_previous: int) -> tuple[int, ...]:
    """The number of axes of every input."""
    return tuple(map(len, shapes_of((1, 3, 1, 1), num_previous=num_previous).values()))


def alone(image: Float[Array, "b 3 H W"], *, num_previous: int) -> Feed:
    """An image without frames before it, which frames of zeros stand for."""
    if not num_previous:
        return (image,)
    shapes = shapes_of(image.shape, num_previous=num_previous)
    return image, np.zeros(shapes["previous"], image.dtype), np.broadcast_to(_made_up_K(image), shapes["K"]).copy()


def driving(image: Float[Array, "b 3 H W"], *, num_previous: int) -> Feed:
    """An image with made-up frames before it, as from a camera that moves forwards.

    Exports are compared and calibrated on these where single images are given.
    """
    if not num_previous:
        return (image,)
    previous = [_farther(image, scale=1 - _STEP * (1 + index)) for index in range(num_previous)]
    return image, np.stack(previous, axis=1), alone(image, num_previous=num_previous)[2]


def driving_run(run: Run, *, num_previous: int) -> Run:
    """Runs a graph on an image, with made-up frames before it."""
    return lambda image: run(*driving(image, num_previous=num_previous))


def call_in_video(predictor: NetworkPredictor, image: Float[Array, "b 3 H W"]) -> Callable[[], Array]:
    """A call of a predictor's network on an image, with made-up frames before it where it takes them."""
    feed = driving(image, num_previous=predictor.num_previous)
    return lambda: predictor.run(*feed)


def _farther(image: Float[Array, "b 3 H W"], *, scale: float) -> Float[Array, "b 3 H W"]:
    height, width = image.shape[2:]
    centre = (np.array([width, height]) - 1) / 2
    matrix = np.array([[scale, 0, (1 - scale) * centre[0]], [0, scale, (1 - scale) * centre[1]]])
    channels = image.reshape(-1, height, width)
    moved = [cv2.warpAffine(one, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE) for one in channels]
    return np.stack(moved).reshape(image.shape)


def _made_up_K(image: Float[Array, "b 3 H W"]) -> Float[Array, "3 3"]:
    camera = Camera.from_fov(_FOV_DEG, size_hw=(image.shape[2], image.shape[3]))
    return camera.K.astype(image.dtype)
