"""Evaluates a predictor on a data set under a protocol, image by image."""

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace

import numpy as np
from jaxtyping import UInt8

from hondo.core.errors import HondoError, warn
from hondo.core.predictor_protocol import Predictor
from hondo.core.report import Report, Row
from hondo.core.sample import Sample, Samples
from hondo.core.truth_kind import TruthKind
from hondo.core.types import DepthKind, DepthMap
from hondo.evaluate.accuracy.error_detail import RangeErrors, edge_errors, range_errors
from hondo.evaluate.accuracy.likely_mistake import Agreement, likely_mistake
from hondo.evaluate.accuracy.score_image import (
    Align,
    AlignmentError,
    PredKind,
    ScoredImage,
    check_alignable,
    check_truth,
    parse_align,
    score_image,
    skipped_pixels,
)
from hondo.evaluate.protocols import Protocol, protocol_named
from hondo.images.pixels import tensor_to_rgb8
from hondo.metrics.bootstrap import mean_interval
from hondo.metrics.depth_edges import EdgeScore
from hondo.metrics.depth_metrics import METRICS, DepthMetrics, mean_metrics

Predict = Callable[[Sample], DepthMap]


@dataclass(frozen=True, kw_only=True)
class Item:
    """The score of one sample, or why it has none."""

    index: int
    origin: str
    metrics: DepthMetrics | None = None
    skipped: str = ""
    agreement: Agreement | None = None  # of the prediction, before alignment
    num_nan: int = 0  # pixels that do not count, since the prediction is NaN there
    ranges: RangeErrors | None = None  # where the ground truth is metres
    edges: EdgeScore | None = None  # where asked for and the ground truth is dense
    predict_ms: float = 0.0  # wall time of the prediction


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One model (or folder of predictions) on one data set under one protocol, image by image."""

    subject: str
    protocol: str
    align: Align
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()
    skip_nan: bool = False  # pixels where a prediction is NaN do not count
    is_model: bool = False  # so that the time of its predictions means something

    @property
    def predict_ms(self) -> float | None:
        """The median wall time of a model's prediction of one image, with resizing."""
        times = [item.predict_ms for item in self.scored] if self.is_model else []
        return float(np.median(times)) if times else None

    def warnings(self) -> tuple[str, ...]:
        """A likely mistake in the predictions, and the pixels that do not count."""
        found = [item.agreement for item in self.scored if item.agreement is not None]
        if self.align == "scale-shift":
            inverse_kind = DepthKind.RELATIVE_INVERSE_DEPTH
        else:
            has_scale = self.align in ("median", "scale")
            inverse_kind = DepthKind.SCALED_INVERSE_DEPTH if has_scale else DepthKind.METRIC_INVERSE_DEPTH
        kinds = (str(DepthKind.METRIC_DEPTH), str(inverse_kind))
        mistake = likely_mistake(found, has_metres=self.align == "none", kinds=kinds)
        skipped = skipped_pixels([item.num_nan for item in self.scored])
        return tuple(text for text in (mistake, skipped) if text is not None)

    @property
    def scored(self) -> tuple[Item, ...]:
        """The samples with metrics."""
        return tuple(item for item in self.items if item.metrics is not None)

    @property
    def skipped(self) -> tuple[Item, ...]:
        """The samples that could not be scored."""
        return tuple(item for item in self.items if item.metrics is None)

    def mean(self) -> DepthMetrics:
        """The mean over the scored samples; refuses an evaluation without any."""
        if not self.scored:
            first = f"; the first reason: {self.items[0].origin}: {self.items[0].skipped}" if self.items else ""
            raise HondoError(f"no sample could be scored (of {len(self.items)}){first}")
        return mean_metrics([item.metrics for item in self.scored if item.metrics is not None])

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Metric to the ends of its 95 % interval over images; empty for too few images."""
        values = np.array([[getattr(item.metrics, name) for name in METRICS] for item in self.scored], dtype=np.float64)
        ends = dict(zip(METRICS, mean_interval(values).tolist(), strict=True))
        return {name: (low, high) for name, (low, high) in ends.items() if np.isfinite(low)}

    def report(self, title: str = "Depth accuracy") -> Report:
        """The means as a report; its notes count the skipped samples."""
        values, intervals = asdict(self.mean()), self.intervals()
        rows = [
            Row(name=name, value=values[name], unit=info.unit, better=info.better, subject=self.subject)
            for name, info in METRICS.items()
        ]
        rows = [replace(row, low=ends[0], high=ends[1]) if (ends := intervals.get(row.name)) else row for row in rows]
        counted = f"{len(self.scored)} images scored, {len(self.skipped)} skipped"
        reasons = [f"skipped: {item.origin}: {item.skipped}" for item in self.skipped[:10]]
        warnings = (f"warning: {text}" for text in self.warnings())
        notes = (f"alignment {self.align}", counted, *reasons, *warnings, *self.notes)
        return Report(title=title, rows=tuple(rows), protocol=self.protocol, notes=notes)


def evaluate(
    predictor: Predictor,
    samples: Samples,
    *,
    protocol: str = "dense",
    align: Align | None = None,
    title: str = "Depth accuracy",
) -> Report:
    """Scores a predictor on samples with ground truth; samples that fail are counted in the report's notes."""
    return evaluate_samples(
        predict_with(predictor), samples, subject=predictor.name, protocol=protocol, align=align
    ).report(title)


def evaluate_samples(
    predict: Predict,
    samples: Samples,
    *,
    subject: str,
    protocol: str = "dense",
    align: Align | None = None,
    notes: tuple[str, ...] = (),
    skip_nan: bool = False,
    with_edges: bool = False,
    track: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Evaluation:
    """Scores ``predict(sample)`` on every sample. ``track`` wraps the loop, for a progress bar.

    ``skip_nan``: pixels where a prediction is NaN do not count. ``with_edges``: depth edges are scored too.
    A likely mistake is a HondoWarning and a note.
    """
    rule = protocol_named(protocol)
    align = parse_align(rule.align if align is None else align)
    indices = track(range(len(samples)))
    items = tuple(
        _score_one(predict, samples, index, protocol=rule, align=align, skip_nan=skip_nan, with_edges=with_edges)
        for index in indices
    )
    evaluation = Evaluation(
        subject=subject, protocol=protocol, align=align, items=items, notes=notes, skip_nan=skip_nan
    )
    for text in evaluation.warnings():
        warn(text)
    return evaluation


def score_sample(
    predict: Predict, sample: Sample, *, protocol: Protocol, align: Align, skip_nan: bool = False
) -> ScoredImage:
    """Predicts and scores one sample; refuses depth without a scale where nothing aligns it."""
    if sample.depth_gt is None or sample.valid is None:
        raise HondoError("the sample has no depth to score against")
    gt = np.where(sample.valid[0].numpy(force=True), sample.depth_gt[0].numpy(force=True), np.nan)
    depth_map = predict(sample)
    check_alignable(depth_map.kind, align, protocol=protocol)
    check_truth(sample.truth, align)
    kind: PredKind = "inverse_depth" if depth_map.kind.is_inverse else "depth"
    return score_image(depth_map.values, gt, protocol=protocol, align=align, pred_kind=kind, skip_nan=skip_nan)


def predict_with(predictor: Predictor) -> Predict:
    """A Predictor as a function of a sample: RGB 0..1 back to the 8 bits it was read from."""

    def predict(sample: Sample) -> DepthMap:
        return predictor(image_of(sample))

    return predict


def image_of(sample: Sample) -> UInt8[np.ndarray, "h w 3"]:
    """The sample's image as uint8 (h w 3) RGB."""
    return tensor_to_rgb8(sample.image)


def _score_one(
    predict: Predict,
    samples: Samples,
    index: int,
    *,
    protocol: Protocol,
    align: Align,
    skip_nan: bool,
    with_edges: bool,
) -> Item:
    """A sample that cannot be read, predicted or scored gives an item that says why; a wrong alignment ends it all."""
    origin, took = f"sample {index}", 0.0

    def timed(sample: Sample) -> DepthMap:
        nonlocal took
        start = time.perf_counter()
        depth_map = predict(sample)
        took = 1000 * (time.perf_counter() - start)
        return depth_map

    try:
        sample = samples[index]
        origin = sample.origin or origin
        found = score_sample(timed, sample, protocol=protocol, align=align, skip_nan=skip_nan)
    except AlignmentError:
        raise
    except (HondoError, OSError) as error:
        return Item(index=index, origin=origin, skipped=str(error))
    return Item(
        index=index,
        origin=origin,
        metrics=found.metrics,
        agreement=found.agreement,
        num_nan=found.num_nan,
        ranges=range_errors(found) if sample.truth is TruthKind.METRIC else None,
        edges=edge_errors(found) if with_edges else None,
        predict_ms=took,
    )
