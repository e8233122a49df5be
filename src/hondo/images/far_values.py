"""Large numbers that mean "nothing there" in depth maps: 65535, 65504, 1e10, a far plane of 1000 m."""

import numpy as np
from jaxtyping import Float

SATURATED = (65535.0, 65504.0)  # stored values: the largest of 16 bits, and of half floats
_CAPPED = (32767.0,)  # the largest of signed 16 bits: only where it also stands apart
_FACTORS = (100.0, 256.0, 1000.0, 5000.0)  # stored values of a metre: maps in metres may hold 65535 divided by them
FAR_M = 1000.0  # a spike from here on is no measurement
IMPLAUSIBLE_M = 1e5  # no single value beyond is one
_LEAST_COUNT, _LEAST_SHARE = 4, 0.001  # pixels of a spike
_GAP = 1.25  # a spike stands so much farther than the next value
_MOST_KINDS = 3


def far_values(depth: Float[np.ndarray, "h w"], *, divide_by: float = 1.0) -> list[float]:
    """The values in metres that stand for "nothing there", the largest first; none in most maps.

    A saturated or far value counts if it is a spike of the histogram: many pixels hold exactly it, and what is far
    (``FAR_M``) also stands apart from every other value, most of which are nearer. Beyond ``IMPLAUSIBLE_M`` every
    value counts.
    """
    known = depth[np.isfinite(depth) & (depth > 0)].astype(np.float64)
    found: list[float] = []
    while known.size and len(found) < _MOST_KINDS:
        top = float(known.max())
        is_top, beyond = known == top, known[known < top]
        is_spike = is_top.sum() >= max(_LEAST_COUNT, _LEAST_SHARE * known.size)
        is_saturated = _is_one_of(top * divide_by, SATURATED)
        is_apart = beyond.size > 0 and top > _GAP * float(beyond.max())
        is_capped = _is_one_of(top * divide_by, _CAPPED) or any(_is_one_of(top * each, SATURATED) for each in _FACTORS)
        is_far = top >= FAR_M and float(np.median(beyond)) < FAR_M if is_apart else False  # else the unit is wrong
        if not (top >= IMPLAUSIBLE_M and beyond.size) and not (
            is_spike and (is_saturated or (is_apart and (is_capped or is_far)))
        ):
            break
        found.append(top)
        known = known[known < IMPLAUSIBLE_M] if top >= IMPLAUSIBLE_M else beyond
    return found


def _is_one_of(stored: float, values: tuple[float, ...]) -> bool:
    return any(abs(stored / value - 1) < 1e-6 for value in values)


def without_far_values(
    depth: Float[np.ndarray, "h w"], *, divide_by: float = 1.0, max_depth: float | None = None
) -> tuple[Float[np.ndarray, "h w"], str]:
    """The map with "nothing there" as NaN, and one line that says what was taken for it (or an empty one).

    ``max_depth`` in metres states it instead: farther is unknown, and nothing is guessed (infinite: all is kept).
    """
    if max_depth is not None:
        return np.where(depth > max_depth, np.nan, depth).astype(depth.dtype), ""
    values = far_values(depth, divide_by=divide_by)
    if not values:
        return depth, ""
    is_far = np.isin(depth, np.array(values, dtype=depth.dtype)) | (depth >= IMPLAUSIBLE_M)
    listed = " and ".join(f"{value:g} m" for value in values)
    line = f"{listed} at {is_far.mean():.1%} of the pixels is taken as unknown (nothing there)"
    return np.where(is_far, np.nan, depth).astype(depth.dtype), line
