"""The temporal filter: how far each place of a new map is moved towards what was there before."""

import cv2
import numpy as np
from jaxtyping import Float32

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
