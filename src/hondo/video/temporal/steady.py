"""The temporal filter: how far each place of a new map is moved towards what was there before."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, DepthMap
from hondo.video.temporal.motion import MotionTracker, small_size
from hondo.video.temporal.scale_alignment import LEAK, Alignment, align, comparable, is_compared_by_logarithm

MEMORY = 0.85  # share of the past where it is fully trusted: an average of about six frames
LIMIT = 0.5  # difference (of a logarithm, or in spreads) beyond which the new frame is right and the past a ghost
_BLUR = 1.0  # small pixels: the correction is smooth, so the new map keeps its own edges
_LEAST = 0.02  # trust under which there is nothing to average


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
    return memory * cv2.GaussianBlur(weight * difference, (0, 0), _BLUR) / (weights + np.float32(_LEAST))


_TRUSTED = 0.3  # trust over which a pixel takes part in the alignment


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


class Steady:
    """Told the frames of one video in order, gives each one's depth as steady as the scene is.

    Everything is found on small maps (see motion.py); a full map is only multiplied by a smooth correction, or moved by
    it, so that it keeps its edges. A cut, another size or another kind of depth begins anew.
    """

    def __init__(self, config: SteadyConfig | None = None) -> None:
        self._config = config or SteadyConfig()
        self._motion = MotionTracker()
        self._past: Float32[np.ndarray, "h w"] | None = None
        self._kind: DepthKind | None = None

    def __call__(self, image: UInt8[np.ndarray, "H W 3"], depth_map: DepthMap) -> DepthMap:
        """The steadied map of ``image``, of the same kind; unknown values stay unknown."""
        motion = self._motion(image)
        small, is_known = _small(depth_map)
        past = self._past if motion is not None and self._kind is depth_map.kind else None
        self._kind = depth_map.kind
        if motion is None or past is None:
            self._past = small
            return depth_map
        trust = np.where(is_known, motion.trust, np.float32(0))
        alignment, moved = self._moves(small, motion.carry(past), trust=trust, kind=depth_map.kind)
        self._past = alignment(small) + moved
        return replace(depth_map, values=_applied(depth_map, alignment, moved))

    def _moves(
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


def _small(depth_map: DepthMap) -> tuple[Float32[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """The map at the small size, comparable between frames, and where it is known (elsewhere it holds the median)."""
    height, width = small_size(depth_map.size_hw)
    values = np.asarray(depth_map.values, dtype=np.float32)
    small = comparable(cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA), depth_map.kind)
    is_known = np.isfinite(small)
    if is_known.all():
        return small, is_known
    middle = np.float32(np.median(small[is_known]) if is_known.any() else 0)
    return np.where(is_known, small, middle), is_known


def _applied(depth_map: DepthMap, alignment: Alignment, moved: Float32[np.ndarray, "h w"]) -> np.ndarray:
    """The full map, aligned and corrected."""
    size = depth_map.size_hw[::-1]
    if is_compared_by_logarithm(depth_map.kind):
        factors = np.exp(moved + np.float32(alignment.move))
        return cv2.multiply(depth_map.values, cv2.resize(factors, size, interpolation=cv2.INTER_LINEAR))
    return alignment(depth_map.values) + cv2.resize(moved, size, interpolation=cv2.INTER_LINEAR)


def _spread(values: np.ndarray) -> float:
    return max(float(np.std(values)), float(np.finfo(np.float32).tiny))
