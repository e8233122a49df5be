"""The truth of a search: labels of the data, or the maps of the model as it is, and the error of a variant to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.sample import Samples
from hondo.core.types import DepthKind, Size
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.quantization.calibration import evenly
from hondo.evaluate.accuracy.score_image import score_image
from hondo.evaluate.protocols import protocol_named
from hondo.images.pixels import tensor_to_rgb8
from hondo.images.read import read_image
from hondo.metrics.align import least_squares_scale_shift
from hondo.metrics.reference import abs_rel_to_reference

Image = UInt8[np.ndarray, "h w 3"]
Map = Float[np.ndarray, "h w"]
ALIGN = {DepthKind.SCALED_INVERSE_DEPTH: "median", DepthKind.RELATIVE_INVERSE_DEPTH: "scale-shift"}


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Images (h w 3) with what their maps should be: depth in metres (0: unknown), or maps of ``kind``."""

    images: tuple[Image, ...]
    maps: tuple[Map, ...]
    kind: DepthKind  # of the model
    is_measured: bool  # labels; else the model's own maps

    @property
    def what(self) -> str:
        """What an error is to, for tables."""
        return "abs_rel of the labels" if self.is_measured else "abs_rel to the model as it is"

    def error(self, predictor: NetworkPredictor) -> float:
        """abs_rel, the mean over the images: aligned as the kind of depth leaves it open."""
        found = [self._error(predictor(image).values, truth) for image, truth in self.pairs]
        return float(np.mean(found))

    @property
    def pairs(self) -> list[tuple[Image, Map]]:
        """Each image with its truth."""
        return list(zip(self.images, self.maps, strict=True))

    def few(self, count: int) -> "Truth":
        """At most ``count`` of the images, evenly spread."""
        chosen = evenly(len(self.images), count=count)
        images, maps = ([each[index] for index in chosen] for each in (self.images, self.maps))
        return Truth(images=tuple(images), maps=tuple(maps), kind=self.kind, is_measured=self.is_measured)

    def _error(self, given: Map, truth: Map) -> float:
        if self.is_measured:
            pred_kind = "inverse_depth" if self.kind.is_inverse else "depth"
            align = ALIGN.get(self.kind, "none")
            scored = score_image(given, truth, protocol=protocol_named("dense"), align=align, pred_kind=pred_kind)
            return scored.metrics.abs_rel
        return abs_rel_to_reference(_aligned(given, truth, kind=self.kind), truth, kind=self.kind)


def _aligned(given: Map, truth: Map, *, kind: DepthKind) -> Map:
    """A map with the scale, or scale and shift, that its kind does not state."""
    if kind is DepthKind.SCALED_INVERSE_DEPTH:
        return given * float(np.median(truth / np.maximum(given, np.finfo(np.float32).tiny)))
    if kind is DepthKind.RELATIVE_INVERSE_DEPTH:
        scale, shift = least_squares_scale_shift(given.astype(np.float64), truth.astype(np.float64))
        return scale * given + shift
    return given


def labelled_truth(samples: Samples, *, kind: DepthKind, size_hw: Size, count: int) -> Truth:
    """The labels of at most ``count`` samples, resized (labels by the nearest value)."""
    images, maps = [], []
    for index in evenly(len(samples), count=count):
        sample = samples[index]
        if sample.depth_gt is None or sample.valid is None:
            raise HondoError(f"{sample.origin}: no depth to compare with", field="data")
        depth = torch.where(sample.valid, sample.depth_gt, 0)[None]
        images.append(resized_image(tensor_to_rgb8(sample.image), size_hw))
        maps.append(F.interpolate(depth, size=size_hw, mode="nearest-exact")[0, 0].numpy())
    return Truth(images=tuple(images), maps=tuple(maps), kind=kind, is_measured=True)


def own_truth(predictor: NetworkPredictor, images: Sequence[Image]) -> Truth:
    """The maps of the model as it is."""
    maps = tuple(predictor(image).values for image in images)
    return Truth(images=tuple(images), maps=maps, kind=predictor.kind, is_measured=False)


def included_images(size_hw: Size, *, count: int) -> list[Image]:
    """Frames of the included clip, cut to the aspect of ``size_hw`` and resized to it."""
    files = sorted(embedded_clip().images.glob("*.jpg"))
    return [resized_image(read_image(files[index]), size_hw) for index in evenly(len(files), count=count)]


def resized_image(image: Image, size_hw: Size) -> UInt8[np.ndarray, "H W 3"]:
    """The middle of an image of the aspect of ``size_hw``, resized to it."""
    height, width = image.shape[:2]
    scale = min(height / size_hw[0], width / size_hw[1])
    rows, columns = round(size_hw[0] * scale), round(size_hw[1] * scale)
    top, left = (height - rows) // 2, (width - columns) // 2
    window = image[top : top + rows, left : left + columns]
    if window.shape[:2] == tuple(size_hw):
        return window
    tensor = torch.from_numpy(np.ascontiguousarray(window)).permute(2, 0, 1)[None].float() / 255
    resized = F.interpolate(tensor, size=size_hw, mode="bilinear", antialias=True, align_corners=False)
    return tensor_to_rgb8(resized[0])
