"""Ends of the colour palette that move slowly, so that a colour video does not flicker."""

import math

import numpy as np

from hondo.core.types import DepthMap

PERCENTILES = (2.0, 98.0)
MEMORY = 0.98  # share of the past in the running ends, per frame: about two seconds of a video
_MEMORY_ELSEWHERE = 0.8  # where the scene has become another one: the running range misses most of it
_SAMPLED = 5000  # values are enough to find percentiles


class SteadyRange:
    """The running (near, far) of a video, in the unit of its maps; far and near keep 2 % of the pixels each outside."""

    def __init__(self, *, memory: float = MEMORY) -> None:
        self._memory = memory
        self._ends: np.ndarray | None = None  # low, high

    def __call__(self, depth_map: DepthMap) -> tuple[float, float]:
        step = max(1, math.isqrt(depth_map.values.size // _SAMPLED))
        sample = depth_map.values[::step, ::step]
        known = sample[np.isfinite(sample)]
        if known.size:
            ends = np.percentile(known, PERCENTILES)
            self._ends = ends if self._ends is None else self._nearer(self._ends, ends)
        low, high = self._ends if self._ends is not None else (1.0, 1.0)
        return (float(high), float(low)) if depth_map.kind.is_inverse else (float(low), float(high))

    def _nearer(self, running: np.ndarray, ends: np.ndarray) -> np.ndarray:
        shared = min(running[1], ends[1]) - max(running[0], ends[0])
        memory = self._memory if shared > 0.5 * (ends[1] - ends[0]) else min(self._memory, _MEMORY_ELSEWHERE)
        return memory * running + (1 - memory) * ends
