"""Errors of an evaluation by octaves of depth and at depth edges, as rows of reports."""

from dataclasses import dataclass

import numpy as np

from hondo.core.report import Report, Row
from hondo.evaluate.accuracy.error_detail import range_names
from hondo.evaluate.accuracy.evaluation import Evaluation
from hondo.metrics.bootstrap import ratio_interval


@dataclass(frozen=True, kw_only=True)
class RangeMean:
    """The errors within one range of true depth: means over its pixels in all images, 95 % interval over images."""

    metres: str  # "4-8"
    pixels: int
    abs_rel: float
    bias: float  # mean (p - g) / g: positive where depth is too large
    low: float | None = None  # of abs_rel
    high: float | None = None


def range_means(evaluation: Evaluation) -> tuple[RangeMean, ...]:
    """The ranges that hold pixels; none where the ground truth is not metres."""
    found = [item.ranges for item in evaluation.scored if item.ranges is not None]
    if not found:
        return ()
    pixels, errors, bias = (
        np.array([getattr(one, name) for one in found], dtype=np.float64) for name in ("pixels", "abs_rel", "bias")
    )
    total = pixels.sum(axis=0)
    means, biases = (each.sum(axis=0) / np.maximum(total, 1) for each in (errors, bias))
    ends = [(low, high) if np.isfinite(low) else (None, None) for low, high in ratio_interval(errors, pixels).tolist()]
    return tuple(
        RangeMean(
            metres=name, pixels=int(total[at]), abs_rel=float(means[at]), bias=float(biases[at]),
            low=ends[at][0], high=ends[at][1],
        )
        for at, name in enumerate(range_names())
        if total[at]
    )  # fmt: skip


def edge_means(evaluation: Evaluation) -> dict[str, float]:
    """Means over the images whose depth edges are known, and ``images``, their number; empty if there are none."""
    found = [item.edges for item in evaluation.scored if item.edges is not None]
    names = ("f_score", "precision", "recall", "dbe_accuracy", "dbe_completeness")
    means = {name: float(np.mean([getattr(one, name) for one in found])) for name in names if found}
    return means | ({"images": float(len(found))} if found else {})


def detail_reports(evaluation: Evaluation) -> tuple[Report, ...]:
    """A table of errors by depth and one of edges, where there are any."""
    reports = []
    if ranges := range_means(evaluation):
        rows = [row for one in ranges for row in _range_rows(one)]
        note = "means over pixels; those of the main table are over images"
        reports.append(_report(evaluation, "Errors by true depth", rows, note))
    if edges := edge_means(evaluation):
        count = f"depth edges of {edges.pop('images'):.0f} images with dense ground truth"
        reports.append(_report(evaluation, "Depth edges", _edge_rows(evaluation.subject, edges), count))
    return tuple(reports)


def _report(evaluation: Evaluation, title: str, rows: list[Row], note: str) -> Report:
    notes = (f"alignment {evaluation.align}", note)
    return Report(title=title, rows=tuple(rows), protocol=evaluation.protocol, notes=notes)


def _range_rows(one: RangeMean) -> tuple[Row, ...]:
    subject = f"{one.metres} m"
    return (
        Row(name="abs_rel", value=one.abs_rel, better="lower", subject=subject, low=one.low, high=one.high),
        Row(name="bias", value=one.bias, subject=subject),
        Row(name="pixels", value=one.pixels, subject=subject),
    )


def _edge_rows(subject: str, edges: dict[str, float]) -> list[Row]:
    is_distance = {name: name.startswith("dbe") for name in edges}
    return [
        Row(name=name, value=value, unit="px" if is_distance[name] else "", subject=subject,
            better="lower" if is_distance[name] else "higher")
        for name, value in edges.items()
    ]  # fmt: skip
