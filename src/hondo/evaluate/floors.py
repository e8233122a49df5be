"""Floors: what anything worth its name must beat. They look at no picture; the row plane even looks at the answer."""

from collections.abc import Callable

import numpy as np

from hondo.core.errors import HondoError, unknown
from hondo.core.sample import Sample
from hondo.core.types import DepthKind, DepthMap

PREFIX = "floor:"


def constant(sample: Sample) -> DepthMap:
    """One depth everywhere, with no scale of its own."""
    values = np.ones(tuple(sample.image.shape[-2:]), dtype=np.float32)
    return DepthMap(values=values, kind=DepthKind.SCALED_INVERSE_DEPTH, camera=sample.camera)


def row_plane(sample: Sample) -> DepthMap:
    """An oracle: inverse depth linear in the row, fitted (least squares) to the picture's own ground truth.

    The far end is held at the farthest depth of the ground truth, so that inverse depth stays positive.
    """
    if sample.depth_gt is None or sample.valid is None or not sample.valid.any():
        raise HondoError("the row plane is fitted to ground truth, and the sample has none")
    depth, valid = sample.depth_gt[0].double().numpy(), sample.valid[0].numpy()
    rows = np.arange(depth.shape[0]) + 0.5
    inverse = 1 / depth[valid]
    at = np.nonzero(valid)[0] + 0.5
    design = np.stack([at, np.ones_like(at)], axis=1)  # (n 2)
    slope, start = np.linalg.lstsq(design, inverse, rcond=None)[0]
    plane = np.maximum(slope * rows + start, inverse.min())  # (h)
    values = np.repeat(plane[:, None], depth.shape[1], axis=1).astype(np.float32)
    return DepthMap(values=values, kind=DepthKind.METRIC_INVERSE_DEPTH, camera=sample.camera)


FLOORS: dict[str, Callable[[Sample], DepthMap]] = {"floor:constant": constant, "floor:row-plane": row_plane}


def floor_named(name: str) -> Callable[[Sample], DepthMap]:
    if name not in FLOORS:
        raise unknown("floor", name, FLOORS)
    return FLOORS[name]
