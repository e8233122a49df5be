"""A depth map as another kind: metres, inverse metres, or inverse depth up to a factor."""

import math
from dataclasses import replace

from hondo.core.errors import HondoError, unknown
from hondo.core.types import DepthKind, DepthMap
from hondo.geometry.depth_units import invert_depth

METRIC = "metric"  # another word for metres


def to_kind(depth_map: DepthMap, kind: DepthKind | str, *, factor: float | None = None) -> DepthMap:
    """``depth_map`` as ``kind``; with ``factor``, metres = factor x depth of the map (monodepth2's 5.4 for stereo).

    Metric kinds become each other or scaled inverse depth; a scaled map becomes metric by ``factor``. Raises HondoError
    for a relative map, whose shift is not known either.
    """
    if kind != METRIC and kind not in set(DepthKind):
        raise unknown("kind of depth", str(kind), (METRIC, *DepthKind))
    wanted = DepthKind.METRIC_DEPTH if kind == METRIC else DepthKind(kind)
    if factor is not None and not (math.isfinite(factor) and factor > 0):
        raise HondoError(f"factor must be a positive number, got {factor}", field="factor")
    if wanted is depth_map.kind and factor is None:
        return depth_map
    if DepthKind.RELATIVE_INVERSE_DEPTH in (wanted, depth_map.kind):
        raise HondoError(f"a map of {depth_map.kind} cannot become {wanted}: the shift of a relative map is not known")
    if wanted.is_metric and not depth_map.kind.is_metric and factor is None:
        raise HondoError(
            f"this map is {depth_map.kind}: give factor, metres = factor x depth; hondo.score(..., align='median') "
            "and metric_from find one",
            field="factor",
        )
    scale = 1.0 if factor is None else factor
    values = depth_map.values / scale if depth_map.kind.is_inverse else depth_map.values * scale
    values = values if wanted.is_inverse == depth_map.kind.is_inverse else invert_depth(values)
    return replace(depth_map, values=values.astype(depth_map.values.dtype), kind=wanted)
