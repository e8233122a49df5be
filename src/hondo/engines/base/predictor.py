"""The one Predictor: fits an image to the network, runs whatever engine stands behind it, and fits the map back."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, UInt8

from hondo.core.errors import HondoError
from hondo.core.types import Camera, DepthKind, DepthMap, InputSpec, Size
from hondo.engines.base.infer_queue import InferQueue, in_order, one_by_one
from hondo.engines.base.metadata import Cost, Int8Facts
from hondo.images.placement import Placement, from_network, place, to_network

if TYPE_CHECKING:
    from PIL.Image import Image

# A network on its engine: RGB 0..1 in, the finest map out, in the unit of the predictor's kind.
Run = Callable[[Float[np.ndarray, "b 3 H W"]], Float[np.ndarray, "b 1 h w"]]
# The same with the frames before (b n 3 H W), the newest first, and K (b 3 3) in pixels of the network's input.
RunFrames = Callable[[np.ndarray, np.ndarray, np.ndarray], Float[np.ndarray, "b 1 h w"]]

ASPECT_TOLERANCE = 0.01  # a camera of another size fits an image if the two scales agree to this


@dataclass(frozen=True, kw_only=True)
class NetworkPredictor:
    """A network on one engine as a core Predictor; calls from several threads take turns."""

    name: str
    kind: DepthKind
    input_spec: InputSpec
    run: Run
    engine: str
    precision: str
    device: str = "cpu"
    camera: Camera | None = None
    int8: Int8Facts | None = None  # how a file was quantised, if it was
    cost: Cost | None = None  # what a file says that its model takes
    weights_file: Path | None = None  # the file the weights came from, if one did
    run_frames: RunFrames | None = None  # of a network that also looks at earlier frames
    num_previous: int = 0  # how many of them
    open_queue: Callable[[], InferQueue] | None = field(default=None, repr=False)  # None: the engine has no own
    release: Callable[[], None] = field(default=lambda: None, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, image: "UInt8[np.ndarray, 'h w 3'] | Image | str | Path") -> DepthMap:
        return self.predict(image, camera=self.camera)

    def predict(self, image: Any, *, camera: Camera | None) -> DepthMap:
        """The depth of one image, with the camera that took it if that is known."""
        rgb = as_rgb(image)
        placement = self.placement(rgb.shape[:2])
        network_input = to_network(rgb, placement)
        return self.finish(lambda: self.run(network_input), rgb=rgb, placement=placement, camera=camera)

    def finish(
        self, run: Callable[[], np.ndarray], *, rgb: np.ndarray, placement: Placement, camera: Camera | None
    ) -> DepthMap:
        """Runs the network when it is free; its map at the image's size."""
        with self.lock:
            raw = run()
        return self._depth_map(raw, rgb=rgb, placement=placement, camera=camera)

    def predict_many(self, images: Iterable[Any], *, camera: Camera | None = None) -> Iterator[DepthMap]:
        """The depth of each image, in order; faster than one by one, and each map comes an image or two later.

        An image that cannot be read or predicted raises HondoError in its turn, and ends the iteration.
        """
        queue = self.queue()
        begin = partial(self.begin, queue=queue, camera=camera or self.camera)
        try:
            yield from in_order(images, begin=begin, depth=queue.depth)
        finally:
            queue.close()

    def queue(self) -> InferQueue:
        """A way to work on several images at once; it belongs to one caller, who closes it."""
        return one_by_one(self.run, lock=self.lock) if self.open_queue is None else self.open_queue()

    def begin(self, image: Any, *, queue: InferQueue, camera: Camera | None) -> Callable[[], DepthMap]:
        """Begins on an image; what it gives waits for its depth. At most ``queue.depth`` may be begun at once."""
        rgb = as_rgb(image)
        placement = self.placement(rgb.shape[:2])
        wait = queue.submit(to_network(rgb, placement))
        return lambda: self._depth_map(wait(), rgb=rgb, placement=placement, camera=camera)

    def _depth_map(
        self, raw: Float[np.ndarray, "1 1 h w"], *, rgb: np.ndarray, placement: Placement, camera: Camera | None
    ) -> DepthMap:
        if not np.isfinite(raw).all():
            raise HondoError(
                f"{self.name} on {self.engine} in {self.precision} gave values that are not finite; use precision fp32"
            )
        fitted = None if camera is None else fit_camera(camera, rgb.shape[:2])
        return DepthMap(values=from_network(raw[0, 0], placement), kind=self.kind, camera=fitted, image_rgb=rgb)

    def placement(self, image_hw: Size) -> Placement:
        """Where an image of this size lies in the network's input."""
        return place(image_hw, self.input_spec)

    def start(self, camera: Camera | None = None) -> "ImageSession | FrameSession":
        camera = camera or self.camera
        if self.run_frames is None:
            return ImageSession(predictor=self, camera=camera)
        return FrameSession(self, camera=camera)

    def close(self) -> None:
        self.release()


@dataclass(frozen=True, kw_only=True)
class ImageSession:
    """A stream whose frames are predicted one by one: it remembers nothing but the camera."""

    predictor: NetworkPredictor
    camera: Camera | None

    def __call__(self, image: np.ndarray) -> DepthMap:
        return self.predictor.predict(image, camera=self.camera)


class FrameSession:
    """A stream whose frames are matched with those before; the first, and one of another size, stand alone."""

    def __init__(self, predictor: NetworkPredictor, *, camera: Camera | None) -> None:
        if camera is None:
            raise HondoError(
                f"{predictor.name} matches the frames of a video, which needs the camera's intrinsics: "
                "give --camera FILE or fx,fy,cx,cy in pixels of the video"
            )
        self._predictor, self._camera = predictor, camera
        self._past: deque[np.ndarray] = deque(maxlen=predictor.num_previous)

    def __call__(self, image: np.ndarray) -> DepthMap:
        rgb = as_rgb(image)
        placement = self._predictor.placement(rgb.shape[:2])
        now = to_network(rgb, placement)
        if self._past and self._past[0].shape != now.shape:
            self._past.clear()
        run = partial(self._run, now, K=placement.camera(fit_camera(self._camera, rgb.shape[:2])).K)
        depth_map = self._predictor.finish(run, rgb=rgb, placement=placement, camera=self._camera)
        self._past.appendleft(now)
        return depth_map

    def _run(self, now: Float[np.ndarray, "1 3 H W"], *, K: np.ndarray) -> Float[np.ndarray, "1 1 h w"]:
        if not self._past or self._predictor.run_frames is None:
            return self._predictor.run(now)
        return self._predictor.run_frames(now, np.stack(self._past, axis=1), K[None].astype(np.float32))


def as_rgb(image: Any) -> UInt8[np.ndarray, "h w 3"]:
    """An image as uint8 RGB, from an array (not copied), a PIL image, or a path."""
    if isinstance(image, (str, Path)):
        from hondo.images.read import read_image

        return read_image(image)
    if hasattr(image, "getexif"):  # a PIL image, told without importing PIL
        from PIL import ImageOps

        image = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    if not isinstance(image, np.ndarray):
        raise HondoError(f"an image must be a uint8 array (h w 3), a PIL image or a path, not {type(image).__name__}")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise HondoError(f"an image must be uint8 RGB of shape (h w 3), got {image.dtype} {image.shape}")
    return image


def fit_camera(camera: Camera, image_hw: Size) -> Camera:
    """The camera scaled to the image; refused where the image has another aspect."""
    if tuple(camera.size_hw) == tuple(image_hw):
        return camera
    scale_y, scale_x = image_hw[0] / camera.size_hw[0], image_hw[1] / camera.size_hw[1]
    if abs(scale_y / scale_x - 1) > ASPECT_TOLERANCE:
        given, wanted = (f"{size[1]}x{size[0]}" for size in (camera.size_hw, image_hw))
        raise HondoError(
            f"the camera is of a {given} image, this one is {wanted}: another aspect; give intrinsics of this image"
        )
    return camera.resized(image_hw)
