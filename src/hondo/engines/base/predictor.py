"""The one Predictor: prepares an image, runs the network on whatever engine holds it, and finishes its depth map."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, UInt8

from hondo.core.errors import HondoError
from hondo.core.memory_errors import memory_errors_explained
from hondo.core.predictor_protocol import InferQueue, Prepared, Session
from hondo.core.types import Camera, DepthKind, DepthMap, InputSpec, Size
from hondo.core.waiting import WAITING
from hondo.engines.base.infer_queue import in_batches, in_order, one_by_one
from hondo.engines.base.layer_times import LayerTime
from hondo.engines.base.metadata import Cost, Int8Facts
from hondo.images.placement import Placement, PreparedImage, place, place_at_common_aspect, prepare_image
from hondo.models.base.metric_calibration import MetricCalibration

if TYPE_CHECKING:
    from PIL.Image import Image

# A network on its engine: RGB 0..1 (b 3 H W) in, the finest map (b 1 h w) out, in the unit of the predictor's kind; a
# second channel is a confidence. A multi-frame network also takes the frames before (b n 3 H W), the newest first, and
# K (b 3 3) in pixels of its input.
Run = Callable[..., np.ndarray]


@dataclass(frozen=True, kw_only=True)
class NetworkPredictor:
    """A network on one engine as a core Predictor; calls from several threads take turns."""

    name: str
    kind: DepthKind
    input_spec: InputSpec
    network: Run
    engine: str
    precision: str
    device: str = "cpu"
    camera: Camera | None = None
    int8: Int8Facts | None = None  # how a file was quantized, if it was
    cost: Cost | None = None  # MACs and parameters as stated in a file
    metres: MetricCalibration | None = None  # how the model got its metres, where they were measured
    weights_file: Path | None = None  # the file that the weights were read from, if there is one
    num_previous: int = 0  # earlier frames that the network also looks at
    has_confidence: bool = False  # its depth maps get one
    batch: int = 1  # images that the network runs at once, where it takes one number of them
    open_queue: Callable[[], InferQueue] | None = field(default=None, repr=False)  # None: the engine has none
    # Opens a stream (input, K, and poses if given) that keeps features of past frames; None: they are computed again.
    remember: Callable[[], Run] | None = field(default=None, repr=False)
    layer_times: Callable[..., tuple[LayerTime, ...]] | None = field(default=None, repr=False)  # profiles one call
    release: Callable[[], None] = field(default=lambda: None, repr=False)
    place: Callable[[Size, InputSpec], Placement] = field(default=place, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    reopen: Callable[[], "NetworkPredictor"] | None = field(default=None, repr=False)  # loads it again, when unpickled
    process: int = field(default_factory=os.getpid, repr=False)  # that it was loaded in
    warmed: set[tuple[int, int, bool]] = field(default_factory=set, repr=False)  # sizes, for run or for queues

    def __call__(
        self, image: "UInt8[np.ndarray, 'h w 3'] | Image | str | Path", *, camera: Camera | None = None
    ) -> DepthMap:
        """The depth of one image; ``camera`` in place of the predictor's own."""
        prepared = self.prepare(image, camera=camera)
        return self.finish(prepared, self.run(prepared.network_input)[0])

    def prepare(self, image: Any, *, camera: Camera | None = None, keep_image: bool = True) -> PreparedImage:
        """The image as the network's input. ``keep_image``: the depth map will hold the image."""
        return prepare_image(
            image, self.input_spec, place=self.place, camera=camera or self.camera, keep_image=keep_image
        )

    def run(
        self, network_input: Float[np.ndarray, "b 3 H W"], *previous_and_K: Float[np.ndarray, "b ..."]
    ) -> Float[np.ndarray, "b c h w"]:
        """The network's maps, once no other thread runs it."""
        self._check_process()
        with self.lock:
            return self._call(network_input, *previous_and_K)

    def run_stream(self, step: Run, *inputs: Float[np.ndarray, "b ..."]) -> Float[np.ndarray, "b c h w"]:
        """The next frame of a stream, once no other thread runs the network."""
        self._check_process()
        with self.lock, _memory_named(inputs[0].shape):
            return step(*inputs)

    def _call(self, *inputs: Float[np.ndarray, "b ..."]) -> Float[np.ndarray, "b c h w"]:
        with _memory_named(inputs[0].shape):
            return self.network(*inputs)

    def _check_process(self) -> None:
        """Threads do not survive a fork, so most engines would wait for theirs forever."""
        if os.getpid() == self.process:
            return
        if self.engine != "torch":
            raise HondoError(
                f"{self.name} on {self.engine} was loaded before this process was forked, and would hang here: load it "
                'in the worker, or start workers with multiprocessing.get_context("spawn") (predictors can be pickled)'
            )
        import torch

        torch.set_num_threads(1)

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle holds how the predictor was loaded; unpickling loads it again."""
        if self.reopen is None:
            raise HondoError(f"{self.name} was not made by hondo.load, so it cannot be pickled")
        kept = {"name": self.name, "input_spec": self.input_spec, "camera": self.camera, "place": self.place}
        return _reopened, (self.reopen, kept)

    def finish(self, prepared: Prepared, raw: Float[np.ndarray, "c h w"], *, size_hw: Size | None = None) -> DepthMap:
        """The depth map at the image's size, or at ``size_hw``, from the network's map of a prepared image.

        ``raw``: the depth, and a confidence where the network gives one (c = 2).
        """
        if not np.isfinite(raw).all():
            raise HondoError(
                f"{self.name} on {self.engine} in {self.precision} gave values that are not finite; use precision fp32"
            )
        factor = 1
        if self.metres is not None:
            ratio = self.metres.for_camera(prepared.camera, model=self.name)
            factor = 1 if ratio == 1 else np.float32(1 / ratio if self.kind.is_inverse else ratio)
        if size_hw is not None:
            prepared = prepared.resized(size_hw)
        values, *others = (prepared.at_image(each) for each in raw)
        return DepthMap(
            values=values if factor == 1 else values * factor,
            kind=self.kind,
            camera=prepared.camera,
            confidence=np.clip(others[0], 0, 1) if others else None,
            image_rgb=prepared.image_rgb,
        )

    def warm(self, image_hw: Size | None = None, *, queue: InferQueue | None = None, exclusive: bool = True) -> Size:
        """Compiles the network for images of this size (None: of the native one), for ``run`` or for a queue, once.

        Gives the size of the network's input. Other sizes run meanwhile unless it is ``exclusive``.
        """
        network_hw = self.network_size(image_hw or self.input_spec.size_hw)
        use = (*network_hw, queue is not None)
        if use in self.warmed:
            return network_hw
        WAITING.info("compiling %s on %s for %dx%d", self.name, self.engine, *network_hw)
        blank = np.zeros((1, 3, *network_hw), dtype=np.float32)
        if queue is not None:
            queue.submit(blank)()
        elif exclusive:
            self.run(blank)
        else:
            self._check_process()
            self._call(blank)
        self.warmed.add(use)
        WAITING.info("")
        return network_hw

    def network_size(self, image_hw: Size) -> Size:
        """The size of the network's input for an image of this size."""
        return self.place(image_hw, self.input_spec).network_hw

    def at_size(self, size_hw: Size) -> "NetworkPredictor":
        """The same network with another native size; it shares the weights."""
        return replace(self, input_spec=replace(self.input_spec, size_hw=size_hw))

    def with_common_sizes(self) -> "NetworkPredictor":
        """The same network, which is only compiled for the sizes of a few common aspect ratios."""
        return replace(self, place=place_at_common_aspect)

    @property
    def runs_in_parallel(self) -> bool:
        """Whether ``queue`` runs several inputs at the same time, rather than one after another."""
        return self.open_queue is not None

    def queue(self) -> InferQueue:
        """Runs several inputs at once; belongs to one caller, who closes it."""
        self._check_process()
        queue = one_by_one(self.run) if self.open_queue is None else _with_memory_named(self.open_queue())
        return in_batches(queue, batch=self.batch) if self.batch > 1 else queue

    def predict_many(self, images: Iterable[Any], *, camera: Camera | None = None) -> Iterator[DepthMap]:
        """The depth of each image, in order; faster than one by one, and each map comes an image or two later.

        An image that cannot be read or predicted raises HondoError in its turn, and ends the iteration.
        """
        queue = self.queue()

        def begin(image: Any) -> Callable[[], DepthMap]:
            prepared = self.prepare(image, camera=camera)
            wait = queue.submit(prepared.network_input)
            return lambda: self.finish(prepared, wait()[0])

        try:
            yield from in_order(images, begin=begin, depth=queue.depth)
        finally:
            queue.close()

    def start(self, camera: Camera | None = None) -> Session:
        """Begins a stream. A network of single images remembers nothing of it but the camera."""
        if not self.num_previous:
            return partial(self, camera=camera)
        return FrameSession(self, camera=camera or self.camera)

    def close(self) -> None:
        """Frees what the engine holds."""
        self.release()

    def __enter__(self) -> "NetworkPredictor":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _reopened(reopen: Callable[[], NetworkPredictor], kept: dict[str, Any]) -> NetworkPredictor:
    """What a pickle becomes."""
    return replace(reopen(), reopen=reopen, **kept)


def _memory_named(shape: tuple[int, ...]) -> AbstractContextManager[None]:
    batch, _, height, width = shape
    images = f" and a batch of {batch}" if batch > 1 else ""
    return memory_errors_explained(f"the network's input is {height}x{width}{images}: give a smaller size_hw or batch")


def _with_memory_named(queue: InferQueue) -> InferQueue:
    def submit(image: Float[np.ndarray, "b 3 H W"]) -> Callable[[], Float[np.ndarray, "b c h w"]]:
        with _memory_named(image.shape):
            wait = queue.submit(image)

        def result() -> Float[np.ndarray, "b c h w"]:
            with _memory_named(image.shape):
                return wait()

        return result

    return replace(queue, submit=submit)


class FrameSession:
    """A stream whose frames are matched with those before; the first, and one of another size, stand alone."""

    def __init__(self, predictor: NetworkPredictor, *, camera: Camera | None) -> None:
        if camera is None:
            raise HondoError(
                f"{predictor.name} matches the frames of a video, which needs the camera's intrinsics: "
                "give camera=FILE or fx,fy,cx,cy in pixels of the video",
                field="camera",
            )
        self._predictor, self._camera = predictor, camera
        self._past: deque[np.ndarray] = deque(maxlen=predictor.num_previous)  # network inputs, the newest first
        self._step = predictor.remember() if predictor.remember is not None else self._recomputed

    def __call__(
        self, image: UInt8[np.ndarray, "h w 3"], *, T_previous_target: Float[np.ndarray, "n 4 4"] | None = None
    ) -> DepthMap:
        """``T_previous_target``: the frames before, the newest first, where they are known (torch engine)."""
        prepared = self._predictor.prepare(image, camera=self._camera)
        given = () if T_previous_target is None else (T_previous_target[None].astype(np.float32),)
        if given and self._predictor.remember is None:
            raise HondoError(f"{self._predictor.engine} finds the poses of a stream itself; give engine=torch")
        K = prepared.network_K[None].astype(np.float32)
        raw = self._predictor.run_stream(self._step, prepared.network_input, K, *given)
        return self._predictor.finish(prepared, raw[0])

    def _recomputed(self, network_input: np.ndarray, K: np.ndarray) -> np.ndarray:
        """The whole network on this frame and those before."""
        if self._past and self._past[0].shape != network_input.shape:
            self._past.clear()
        previous_and_K = (np.stack(self._past, axis=1), K) if self._past else ()
        raw = self._predictor.network(network_input, *previous_and_K)
        self._past.appendleft(network_input)
        return raw
