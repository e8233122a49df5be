"""Depth [m], inverse depth [1/m] and sigmoid (0..1): the one place that converts them. Needs no torch."""

import math
from typing import Any, Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, Float

from hondo.core.types import DepthMap

# What a value that is not positive becomes, since it has no inverse. NaN (unknown) stays NaN, except with "zero".
NotPositive: TypeAlias = Literal["nan", "inf", "zero", "clamp"]
_FILL = {"nan": math.nan, "inf": math.inf, "zero": 0.0}
SMALLEST = 1e-6  # "clamp": smaller values count as this, so that the result and its gradient stay finite

# Ends of the sigmoid's range in metres (monodepth2, Godard et al. 2019, section 3.3 and its published code).
MIN_DEPTH, MAX_DEPTH = 0.1, 100.0


def invert_depth(
    values: Float[Any, "*b"], *, not_positive: NotPositive = "nan", smallest: float = SMALLEST
) -> Float[Any, "*b"]:
    """1 / values, from depth to inverse depth or back, for a NumPy array or a tensor.

    Values that are not positive become NaN (unknown), infinity (infinitely far), 0 (the PNG and viewer convention for
    unknown, and the inverse depth of a point that is infinitely far), or with ``"clamp"`` 1 / ``smallest``.
    """
    where: Any = np.where
    at_least: Any = np.maximum
    if not isinstance(values, np.ndarray):
        import torch

        where, at_least = torch.where, torch.clamp
    if not_positive == "clamp":
        return 1 / at_least(values, smallest)
    is_positive = values > 0
    inverse = 1 / where(is_positive, values, 1.0)  # replaced before the division: finite gradients, no warning
    inverse = where(is_positive, inverse, _FILL[not_positive])
    return where(values != values, math.nan, inverse) if not_positive == "inf" else inverse  # NaN != NaN


def inv_depth_from_sigmoid(
    sigmoid: Float[Any, "*b"], *, min_depth: float = MIN_DEPTH, max_depth: float = MAX_DEPTH
) -> Float[Any, "*b"]:
    """1/max + (1/min - 1/max) sigmoid [1/m]: 0 is ``max_depth``, 1 is ``min_depth``."""
    return 1 / max_depth + (1 / min_depth - 1 / max_depth) * sigmoid


def depth_of_relative(inv_depth: Float[np.ndarray, "*b"], is_known: Bool[np.ndarray, "*b"]) -> Float[np.ndarray, "*b"]:
    """A depth map for labels of inverse depth known up to a factor and a shift: its inverse, up to those, is the label.

    The known values are brought to 0.01..1 first, so that depths are 1..100 without a unit; unknown ones are 0.
    """
    known = inv_depth[is_known]
    low, high = (known.min(), known.max()) if known.size else (0, 0)
    with np.errstate(invalid="ignore"):
        positive = 0.01 + 0.99 * (inv_depth - low) / (high - low if high > low else 1)
    return invert_depth(np.where(is_known, positive, 0).astype(np.float32), not_positive="zero")


def unscaled_depth(depth_map: DepthMap) -> Float[np.ndarray, "h w"]:
    """Depth up to one factor: NaN where unknown, inf where infinitely far."""
    return invert_depth(depth_map.values, not_positive="inf") if depth_map.kind.is_inverse else depth_map.values
