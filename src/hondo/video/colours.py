"""Ends of the colour palette that move slowly, so that a colour video does not flicker."""

import numpy as np

from hondo.core.types import DepthMap

PERCENTILES = (2.0, 98.0)
_STEP = 4  # every 4th row and column is enough to find percentiles
MEMORY = 0.9  # share of the past in the running ends, per frame


class SteadyRange:
    """The running (near, far) of a video, in the unit of its maps; far and near keep 2 % of the pixels each outside."""

    def __init__(self, *, memory: float = MEMORY) -> None:
        self._memory = memory
        self._ends: np.ndarray | None = None

    def __call__(self, depth_map: DepthMap) -> tuple[float, float]:
        sample = depth_map.values[::_STEP, ::_STEP]
        known = sample[np.isfinite(sample)]
        if known.size:
            low, high = np.percentile(known, PERCENTILES)
            ends = np.array((high, low) if depth_map.kind.is_inverse else (low, high))
            self._ends = ends if self._ends is None else self._memory * self._ends + (1 - self._memory) * ends
        near, far = self._ends if self._ends is not None else (1.0, 0.0)
        return float(near), float(far)
