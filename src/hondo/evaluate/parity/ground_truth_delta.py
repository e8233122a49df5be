"""Depth metrics of an exported network compared with those of its torch model on the same ground truth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.core.types import DepthKind, DepthMap
from hondo.evaluate.accuracy.evaluation import score_sample
from hondo.evaluate.accuracy.score_image import Align
from hondo.evaluate.protocols import KITTI_RANGE, PROTOCOLS
from hondo.metrics.depth_metrics import METRICS, DepthMetrics, mean_metrics

CHECKED_METRICS = ("abs_rel", "rmse", "delta1")
# Every pixel with known depth. Values that are not positive, or infinite, are clamped for both to 80 m as in KITTI's
# protocols; with scale-shift alignment, ``dense`` itself clamps to the farthest known depth of the image.
DENSE, CLAMPED = PROTOCOLS["dense"], replace(PROTOCOLS["dense"], clamp_pred=KITTI_RANGE)
# Only the unknown scale or shift of each kind is aligned.
ALIGN: dict[DepthKind, Align] = {
    DepthKind.METRIC_DEPTH: "none",
    DepthKind.METRIC_INVERSE_DEPTH: "none",
    DepthKind.SCALED_INVERSE_DEPTH: "median",
    DepthKind.RELATIVE_INVERSE_DEPTH: "scale-shift",
}


@dataclass(frozen=True, kw_only=True)
class GroundTruthDelta:
    """Mean metrics of both over the same ``images``, each aligned by itself as ``align`` says."""

    torch: DepthMetrics
    exported: DepthMetrics
    images: int
    align: Align

    def change(self, name: str) -> float:
        """How much worse a metric of the export is, as a share of torch's; negative where it is better."""
        before, after = getattr(self.torch, name), getattr(self.exported, name)
        worse = before - after if METRICS[name].better == "higher" else after - before
        return worse / max(abs(before), 1e-6)

    @property
    def worst(self) -> float:
        """The largest change of the metrics in CHECKED_METRICS."""
        return max(self.change(name) for name in CHECKED_METRICS)

    def __str__(self) -> str:
        parts = [
            f"{name} {getattr(self.torch, name):.4f} -> {getattr(self.exported, name):.4f} ({self.change(name):+.2%})"
            for name in CHECKED_METRICS
        ]
        return f"ground truth of {self.images} images (alignment {self.align}): {', '.join(parts)}; + is worse"


def score_both(
    samples: Sequence[Sample],
    maps: Sequence[tuple[Float32[np.ndarray, "_ _"], Float32[np.ndarray, "_ _"]]],
    *,
    kind: DepthKind,
) -> GroundTruthDelta | None:
    """Scores (torch's, the export's) map of every sample, at the image's size.

    Samples without depth, and those that torch's map cannot be scored on, do not count; None where none is left.
    """
    pairs = []
    for sample, (wanted, given) in zip(samples, maps, strict=True):
        if sample.depth_gt is None:
            continue
        try:
            before = _score(sample, wanted, kind=kind)
        except HondoError:
            continue
        pairs.append((before, _score(sample, given, kind=kind)))
    if not pairs:
        return None
    torch, exported = (mean_metrics(list(each)) for each in zip(*pairs, strict=True))
    return GroundTruthDelta(torch=torch, exported=exported, images=len(pairs), align=ALIGN[kind])


def _score(sample: Sample, values: Float32[np.ndarray, "h w"], *, kind: DepthKind) -> DepthMetrics:
    depth_map = DepthMap(values=values, kind=kind)
    protocol = DENSE if ALIGN[kind] == "scale-shift" else CLAMPED
    return score_sample(lambda _: depth_map, sample, protocol=protocol, align=ALIGN[kind]).metrics
