"""What every engine is to video, web and evaluation: the protocol of a Predictor and the values of its calls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32, UInt8

from hondo.core.types import Camera, DepthKind, DepthMap, InputSpec, Size


@runtime_checkable
class Session(Protocol):
    """One stream of images: holds what a multi-frame model remembers."""

    def __call__(self, image: UInt8[np.ndarray, "h w 3"]) -> DepthMap: ...


@runtime_checkable
class Prepared(Protocol):
    """An image fitted to a network's input; ``Predictor.finish`` turns the network's map of it into a depth map."""

    @property
    def network_input(self) -> Float32[np.ndarray, "1 3 H W"]:
        """RGB 0..1, resized and padded; the network normalises it."""
        ...

    @property
    def image_hw(self) -> Size:
        """The size of the image."""
        ...

    @property
    def image_rgb(self) -> UInt8[np.ndarray, "h w 3"] | None:
        """The image, if it was kept."""
        ...

    @property
    def camera(self) -> Camera | None:
        """The camera of the image, if it is known."""
        ...

    def resized(self, size_hw: Size) -> "Prepared":
        """The same, for a depth map of another size than the image."""
        ...

    def at_image(self, raw: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "h w"]:
        """The network's map at the image's size."""
        ...


@dataclass(frozen=True, kw_only=True)
class InferQueue:
    """Runs a network on several inputs at once: at most ``depth`` may be submitted and not yet waited for."""

    submit: Callable[[Float[np.ndarray, "b 3 H W"]], Callable[[], Float[np.ndarray, "b c h w"]]]  # waits for the maps
    depth: int
    close: Callable[[], None] = field(default=lambda: None)


@runtime_checkable
class Predictor(Protocol):
    """An image in, its depth out, at the image's size, whatever engine runs the network.

    A call is ``finish(prepared, run(prepared.network_input)[0])`` with ``prepared = prepare(image)``. Stateless, and
    safe from several threads. ``camera=None`` stands for the predictor's own camera, if it has one.
    """

    @property
    def name(self) -> str:
        """Of the model."""
        ...

    @property
    def kind(self) -> DepthKind:
        """Of the depth maps."""
        ...

    @property
    def input_spec(self) -> InputSpec:
        """What the network takes."""
        ...

    @property
    def engine(self) -> str:
        """The name of the engine that runs the network."""
        ...

    @property
    def precision(self) -> str:
        """In which the network computes: fp32, fp16, bf16, int8 ..."""
        ...

    @property
    def device(self) -> str:
        """As the engine names it: cpu, cuda:0 ..."""
        ...

    @property
    def weights_file(self) -> Path | None:
        """The file that the weights were read from, if there is one."""
        ...

    @property
    def num_previous(self) -> int:
        """How many earlier frames the network also looks at; 0 for networks of single images."""
        ...

    @property
    def runs_in_parallel(self) -> bool:
        """Whether ``queue`` runs several inputs at the same time, rather than one after another."""
        ...

    def __call__(self, image: Any, *, camera: Camera | None = None) -> DepthMap:
        """The depth of one image: uint8 (h w 3) RGB, a PIL image or a path."""
        ...

    def prepare(self, image: Any, *, camera: Camera | None = None, keep_image: bool = True) -> Prepared:
        """The image as the network's input. ``keep_image``: the depth map will hold the image."""
        ...

    def run(
        self, network_input: Float[np.ndarray, "b 3 H W"], *previous_and_K: Float[np.ndarray, "b ..."]
    ) -> Float[np.ndarray, "b c h w"]:
        """The network's maps. Multi-frame networks also take previous inputs (b n 3 H W), the newest first, and K."""
        ...

    def finish(self, prepared: Prepared, raw: Float[np.ndarray, "c h w"], *, size_hw: Size | None = None) -> DepthMap:
        """The depth map at the image's size, or at ``size_hw``, from the network's map of a prepared image.

        ``raw``: the depth, and a confidence where the network gives one (c = 2).
        """
        ...

    def warm(self, image_hw: Size | None = None, *, queue: InferQueue | None = None, exclusive: bool = True) -> Size:
        """Compiles the network for images of this size (None: of the native one), for ``run`` or for a queue, once.

        Gives the size of the network's input. Other sizes run meanwhile unless it is ``exclusive``.
        """
        ...

    def network_size(self, image_hw: Size) -> Size:
        """The size of the network's input for an image of this size."""
        ...

    def at_size(self, size_hw: Size) -> "Predictor":
        """The same network with another native size; it shares the weights."""
        ...

    def with_common_sizes(self) -> "Predictor":
        """The same network, which is only compiled for the sizes of a few common aspect ratios."""
        ...

    def queue(self) -> InferQueue:
        """Runs several inputs at once; belongs to one caller, who closes it."""
        ...

    def start(self, camera: Camera | None = None) -> Session:
        """Begins a stream."""
        ...

    def close(self) -> None:
        """Frees what the engine holds."""
        ...
