"""Accuracy on the clip's measured depth, aligned frame by frame and by one factor for the clip."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from hondo.core.report import Row
from hondo.core.sample import Sample
from hondo.core.types import DepthKind, DepthMap
from hondo.evaluate.accuracy.evaluation import Evaluation, evaluate_samples
from hondo.geometry.depth_units import unscaled_depth
from hondo.metrics.align import median_scale
from hondo.metrics.depth_metrics import METRICS
from hondo.recipes.demo.demo_clip import DemoClip, measured_depth

PROTOCOL = "dense"
SHOWN = ("abs_rel", "rmse", "delta1")
ONE_SCALE = "abs_rel (one scale)"  # one factor for the clip, so scale flicker counts as error


def baseline_rows(clip: DemoClip) -> list[Row]:
    """The baseline: the same depth at every pixel."""
    flat = DepthMap(values=np.ones(clip.camera.size_hw, np.float32), kind=DepthKind.SCALED_INVERSE_DEPTH)
    return accuracy_rows([flat] * len(clip.images), clip, subject="baseline: constant depth")


def accuracy_rows(maps: Sequence[DepthMap], clip: DemoClip, *, subject: str) -> list[Row]:
    """Rows of ``maps`` (one a frame): median alignment of each frame, then one factor for the clip."""
    stored = dict(zip(map(str, clip.images), maps, strict=True))
    predict = lambda sample: stored[sample.origin]  # noqa: E731
    factor = clip_factor(maps, clip)
    each = _evaluate(predict, clip, subject=subject, align="median")
    whole = _evaluate(predict, clip, subject=subject, align=factor)
    one = Row(name=ONE_SCALE, value=whole.mean().abs_rel, better="lower", subject=subject)
    return [*_rows(each, SHOWN, subject=subject), one]


def clip_factor(maps: Sequence[DepthMap], clip: DemoClip) -> float:
    """The median over the frames of median(measured) / median(predicted)."""
    return float(np.median([frame_factor(maps[frame], clip, frame) for frame in clip.measured.targets]))


def frame_factor(depth_map: DepthMap, clip: DemoClip, frame: int) -> float:
    """median(measured) / median(predicted) depth, where something was measured."""
    measured = measured_depth(clip, frame)
    return median_scale(unscaled_depth(depth_map), measured, is_valid=np.isfinite(measured))


def in_metres(depth_map: DepthMap, factor: float) -> DepthMap:
    """The map with its scale put right: for images beside measured depth."""
    values = (factor * unscaled_depth(depth_map)).astype(np.float32)
    return DepthMap(values=values, kind=DepthKind.METRIC_DEPTH, camera=depth_map.camera, image_rgb=depth_map.image_rgb)


def _evaluate(predict: Callable[[Sample], DepthMap], clip: DemoClip, *, subject: str, align: str | float) -> Evaluation:
    return evaluate_samples(predict, clip.measured, subject=subject, protocol=PROTOCOL, align=align)


def _rows(evaluation: Evaluation, names: Sequence[str], *, subject: str) -> list[Row]:
    values: dict[str, Any] = asdict(evaluation.mean())
    return [
        Row(name=name, value=values[name], unit=METRICS[name].unit, better=METRICS[name].better, subject=subject)
        for name in names
    ]
