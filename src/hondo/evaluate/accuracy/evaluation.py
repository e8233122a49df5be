"""Evaluates a predictor on a data set under a protocol, image by image."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import UInt8

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import Predictor
from hondo.core.report import Report, Row
from hondo.core.sample import Sample, Samples
from hondo.core.types import DepthMap
from hondo.evaluate.accuracy.score_image import (
    Align,
    AlignmentError,
    PredKind,
    ScoredImage,
    check_alignable,
    parse_align,
    score_image,
)
from hondo.evaluate.protocols import Protocol, protocol_named
from hondo.metrics.depth_metrics import METRICS, DepthMetrics, mean_metrics

Predict = Callable[[Sample], DepthMap]


@dataclass(frozen=True, kw_only=True)
class Item:
    """The score of one sample, or why it has none."""

    index: int
    origin: str
    metrics: DepthMetrics | None = None
    skipped: str = ""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One model (or folder of predictions) on one data set under one protocol, image by image."""

    subject: str
    protocol: str
    align: Align
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()

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

    def report(self, title: str = "Depth accuracy") -> Report:
        """The means as a report; its notes count the skipped samples."""
        values = asdict(self.mean())
        rows = [
            Row(name=name, value=values[name], unit=info.unit, better=info.better, subject=self.subject)
            for name, info in METRICS.items()
        ]
        counted = f"{len(self.scored)} images scored, {len(self.skipped)} skipped"
        reasons = [f"skipped: {item.origin}: {item.skipped}" for item in self.skipped[:10]]
        notes = (f"alignment {self.align}", counted, *reasons, *self.notes)
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
    track: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Evaluation:
    """Scores ``predict(sample)`` on every sample. ``track`` wraps the loop, for a progress bar."""
    rule = protocol_named(protocol)
    align = parse_align(rule.align if align is None else align)
    indices = track(range(len(samples)))
    items = tuple(_score_one(predict, samples, index, protocol=rule, align=align) for index in indices)
    return Evaluation(subject=subject, protocol=protocol, align=align, items=items, notes=notes)


def score_sample(predict: Predict, sample: Sample, *, protocol: Protocol, align: Align) -> ScoredImage:
    """Predicts and scores one sample; refuses depth without a scale where nothing aligns it."""
    if sample.depth_gt is None or sample.valid is None:
        raise HondoError("the sample has no depth to score against")
    gt = np.where(sample.valid[0].numpy(force=True), sample.depth_gt[0].numpy(force=True), np.nan)
    depth_map = predict(sample)
    check_alignable(depth_map.kind, align, protocol=protocol)
    kind: PredKind = "inverse_depth" if depth_map.kind.is_inverse else "depth"
    return score_image(depth_map.values, gt, protocol=protocol, align=align, pred_kind=kind)


def predict_with(predictor: Predictor) -> Predict:
    """A Predictor as a function of a sample: RGB 0..1 back to the 8 bits it was read from."""

    def predict(sample: Sample) -> DepthMap:
        return predictor(image_of(sample))

    return predict


def image_of(sample: Sample) -> UInt8[np.ndarray, "h w 3"]:
    """The sample's image as uint8 (h w 3) RGB."""
    rgb = (sample.image.clamp(0, 1) * 255).round().byte()  # (3 h w)
    return np.ascontiguousarray(rgb.permute(1, 2, 0).numpy(force=True))


def _score_one(predict: Predict, samples: Samples, index: int, *, protocol: Protocol, align: Align) -> Item:
    """A sample that cannot be read, predicted or scored gives an item that says why; a wrong alignment ends it all."""
    origin = f"sample {index}"
    try:
        sample = samples[index]
        origin = sample.origin or origin
        metrics = score_sample(predict, sample, protocol=protocol, align=align).metrics
    except AlignmentError:
        raise
    except (HondoError, OSError) as error:
        return Item(index=index, origin=origin, skipped=str(error))
    return Item(index=index, origin=origin, metrics=metrics)
