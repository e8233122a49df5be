"""Removes flicker from the depth of a video: one scale over the clip, then an average along the motion of the image.

Everything is estimated on small maps. Maps known up to a factor are compared as logarithms, where a factor is a shift;
relative ones as they are.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, DepthMap, Size
from hondo.images.optical_flow import OpticalFlow, sampled, small_grey

MEMORY = 0.85  # share of the past where it is fully trusted: an average of about six frames
LEAK = 0.03  # share of the scale correction given back each frame: errors of the past do not add up for ever
LIMIT = 0.5  # difference (of a logarithm, or in spreads) beyond which the new frame is right and the past a ghost
AREA = 7680  # pixels of the small image: 48x160 of a 192x640 one
_GREY_NOISE = 25.0  # grey levels by which a matched pixel may well differ
_FLOW_NOISE = 1.0, 0.02  # square pixels by which the flow there and back may miss: at rest, and a part of its square
_TRUSTED = 0.3  # trust over which a pixel takes part in the alignment
_MIN_TRUSTED = 0.1  # of the pixels; with less in common, a new scene begins
_LEAST_TRUST = 0.02  # under which there is nothing to average
_BLUR = 1.0  # small pixels: the correction is smooth, so the new map keeps its own edges
_TINY = 1e-6  # of a map's largest value, under which a logarithm says nothing


@dataclass(frozen=True, kw_only=True)
class SteadyConfig:
    """How strongly the past counts: per frame, each between 0 (not at all) and 1."""

    memory: float = MEMORY
    leak: float = LEAK  # share of the clip's scale that returns to the frame's own
    limit: float = LIMIT  # differences beyond this are changes of the scene

    def __post_init__(self) -> None:
        if not (0 <= self.memory < 1 and 0 <= self.leak <= 1 and self.limit > 0):
            raise HondoError(
                f"steadiness needs 0 <= memory < 1, 0 <= leak <= 1 and limit > 0, got {self.memory:g}, "
                f"{self.leak:g} and {self.limit:g}"
            )


@dataclass(frozen=True, kw_only=True)
class Motion:
    """For every pixel of the small image: its place (x, y) in the one before, and trust 0..1 in that."""

    place: Float32[np.ndarray, "h w 2"]
    trust: Float32[np.ndarray, "h w"]

    def carry(self, past: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
        """Values of the frame before, moved to where they are now."""
        return sampled(past, self.place)


class MotionTracker:
    """Finds how each frame of a video moved from the one before, by optical flow on a small grey image."""

    def __init__(self) -> None:
        self._flow = OpticalFlow()
        self._last: UInt8[np.ndarray, "h w"] | None = None

    @property
    def size_hw(self) -> Size:
        """The size of the small image of the last frame."""
        assert self._last is not None
        return self._last.shape[0], self._last.shape[1]

    def __call__(self, image: UInt8[np.ndarray, "H W 3"]) -> Motion | None:
        """The motion since the last frame; None for the first one and after a change of size.

        A pixel is trusted if it looks the same in both frames and its flow there and back ends where it began.
        """
        last, now = self._last, small_grey(image, area=AREA)
        self._last = now
        if last is None or last.shape != now.shape:
            return None
        match = self._flow.match(now, last)
        difference = cv2.absdiff(now, sampled(last, match.place)).astype(np.float32)
        at_rest, share = _FLOW_NOISE
        doubt = (difference / _GREY_NOISE) ** 2 + match.miss / (at_rest + share * match.length2)
        return Motion(place=match.place, trust=np.exp(-np.minimum(doubt, 50)))


class Alignment(NamedTuple):
    """aligned = gain x (value - middle) + middle + move, in the unit in which maps are compared."""

    gain: float = 1.0
    move: float = 0.0
    middle: float = 0.0

    def __call__(self, values: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
        offset = self.middle * (1 - self.gain) + self.move
        return values * np.float32(self.gain) + np.float32(offset)

    def leaking(self, leak: float) -> "Alignment":
        """A share of it given back: 0 is all of it, 1 leaves maps as they are."""
        return Alignment(gain=self.gain ** (1 - leak), move=(1 - leak) * self.move, middle=self.middle)


def is_compared_by_logarithm(kind: DepthKind) -> bool:
    """Whether maps of this kind may differ by a factor, rather than by a factor and a shift."""
    return kind is not DepthKind.RELATIVE_INVERSE_DEPTH


def comparable(values: Float32[np.ndarray, "h w"], kind: DepthKind) -> Float32[np.ndarray, "h w"]:
    """Logarithms where a factor is all that may differ; NaN stays unknown."""
    if not is_compared_by_logarithm(kind):
        return values
    smallest = max(float(np.nanmax(values, initial=0.0)) * _TINY, np.finfo(np.float32).tiny)
    return np.log(np.maximum(values, np.float32(smallest)))


def align(
    now: Float32[np.ndarray, "h w"],
    past: Float32[np.ndarray, "h w"],
    *,
    is_trusted: Bool[np.ndarray, "h w"],
    kind: DepthKind,
) -> Alignment | None:
    """What brings ``now`` to the scale of the ``past`` at the same places; None where a new scene begins.

    Relative maps by median and mean absolute deviation (Ranftl et al. 2020, eq. 5): unlike least squares, noise does
    not flatten them a little more with each frame. Metric maps stay as they are.
    """
    if is_trusted.mean() < _MIN_TRUSTED:
        return None
    if kind.is_metric:
        return Alignment()
    a, b = now[is_trusted], past[is_trusted]
    if is_compared_by_logarithm(kind):
        return Alignment(move=float(np.median(b - a)))
    middle, past_middle = float(np.median(a)), float(np.median(b))
    spread, past_spread = float(np.abs(a - middle).mean()), float(np.abs(b - past_middle).mean())
    gain = past_spread / spread if min(spread, past_spread) > 0 else 1.0
    return Alignment(gain=gain, move=past_middle - middle, middle=middle)


def correction(
    now: Float32[np.ndarray, "h w"],
    past: Float32[np.ndarray, "h w"],
    *,
    trust: Float32[np.ndarray, "h w"],
    memory: float = MEMORY,
    limit: float = LIMIT,
) -> Float32[np.ndarray, "h w"]:
    """What to add to ``now``: ``memory`` of its difference to the past, averaged over trusted neighbours.

    Differences count ever less towards ``limit`` and beyond: what came into view, or moved by itself, leaves no trail.
    """
    difference = past - now
    weight = trust * np.exp(-np.minimum((difference / limit) ** 2, 50))
    weights = cv2.GaussianBlur(weight, (0, 0), _BLUR)
    return memory * cv2.GaussianBlur(weight * difference, (0, 0), _BLUR) / (weights + np.float32(_LEAST_TRUST))


class Steady:
    """Takes the frames of one video in order and removes the flicker of their depth.

    A full map is only multiplied by a smooth correction, or shifted by it, so that it keeps its edges. A cut, another
    size or another kind of depth begins anew.
    """

    def __init__(self, config: SteadyConfig | None = None) -> None:
        self._config = config or SteadyConfig()
        self._motion = MotionTracker()
        self._past: Float32[np.ndarray, "h w"] | None = None
        self._kind: DepthKind | None = None

    def __call__(self, image: UInt8[np.ndarray, "H W 3"], depth_map: DepthMap) -> DepthMap:
        """The steadied map of ``image``, of the same kind; unknown values stay unknown."""
        motion = self._motion(image)
        small, is_known = _small(depth_map, size_hw=self._motion.size_hw)
        past = self._past if motion is not None and self._kind is depth_map.kind else None
        self._kind = depth_map.kind
        if motion is None or past is None:
            self._past = small
            return depth_map
        trust = np.where(is_known, motion.trust, np.float32(0))
        alignment, shift = self._correct(small, motion.carry(past), trust=trust, kind=depth_map.kind)
        self._past = alignment(small) + shift
        return replace(depth_map, values=_applied(depth_map, alignment, shift))

    def _correct(
        self,
        small: Float32[np.ndarray, "h w"],
        past: Float32[np.ndarray, "h w"],
        *,
        trust: Float32[np.ndarray, "h w"],
        kind: DepthKind,
    ) -> tuple[Alignment, Float32[np.ndarray, "h w"]]:
        """The alignment of a small map to the clip, and what to add after it."""
        config, is_trusted = self._config, trust > _TRUSTED
        alignment = align(small, past, is_trusted=is_trusted, kind=kind)
        if alignment is None:
            return Alignment(), np.zeros_like(small)
        limit = config.limit if is_compared_by_logarithm(kind) else config.limit * _spread(past[is_trusted])
        moved = correction(alignment(small), past, trust=trust, memory=config.memory, limit=limit)
        return alignment.leaking(config.leak), moved


def _small(depth_map: DepthMap, *, size_hw: Size) -> tuple[Float32[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """The map at the small size, comparable between frames, and where it is known (elsewhere it holds the median)."""
    height, width = size_hw
    values = np.asarray(depth_map.values, dtype=np.float32)
    small = comparable(cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA), depth_map.kind)
    is_known = np.isfinite(small)
    if is_known.all():
        return small, is_known
    middle = np.float32(np.median(small[is_known]) if is_known.any() else 0)
    return np.where(is_known, small, middle), is_known


def _applied(depth_map: DepthMap, alignment: Alignment, shift: Float32[np.ndarray, "h w"]) -> Float[np.ndarray, "H W"]:
    """The full map, aligned and corrected."""
    size = depth_map.size_hw[::-1]
    if is_compared_by_logarithm(depth_map.kind):
        factors = np.exp(shift + np.float32(alignment.move))
        return cv2.multiply(depth_map.values, cv2.resize(factors, size, interpolation=cv2.INTER_LINEAR))
    return alignment(depth_map.values) + cv2.resize(shift, size, interpolation=cv2.INTER_LINEAR)


def _spread(values: Float[np.ndarray, "n"]) -> float:
    return max(float(np.std(values)), float(np.finfo(np.float32).tiny))
