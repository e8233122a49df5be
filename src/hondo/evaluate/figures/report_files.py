"""The files of an evaluation: JSON and CSV with the metrics of every image, and Markdown with the figures."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from hondo.core.atomic import atomic_write
from hondo.core.report import Report
from hondo.evaluate.accuracy.detail_report import edge_means, range_means
from hondo.evaluate.accuracy.evaluation import Evaluation, Item
from hondo.metrics.depth_metrics import METRICS


def write_json(evaluation: Evaluation, report: Report, path: Path) -> Path:
    """The report, and the metrics of every image: {..., "metrics": {...}, "images": [...], "skipped": [...]}."""
    stored = json.loads(report.to_json())
    stored |= {
        "align": evaluation.align,
        "metrics": asdict(evaluation.mean()),
        "num_scored": len(evaluation.scored),
        "num_skipped": len(evaluation.skipped),
        "predict_ms": evaluation.predict_ms,
        "ranges": [asdict(one) for one in range_means(evaluation)],
        "edges": edge_means(evaluation),
        "images": [
            {"index": item.index, "origin": item.origin, "nan_pixels": item.num_nan, **asdict(item.metrics)}
            | ({} if item.edges is None else {"edge_f_score": item.edges.f_score})
            for item in evaluation.scored
            if item.metrics is not None
        ],
        "skipped": [
            {"index": item.index, "origin": item.origin, "reason": item.skipped} for item in evaluation.skipped
        ],
    }
    return atomic_write(path, json.dumps(stored, indent=1).encode())


def write_images_csv(evaluation: Evaluation, path: Path) -> Path:
    """One line an image: its metrics, or why it has none."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(("index", "origin", *METRICS, "edge_f_score", "nan_pixels", "skipped"))
    rows.writerows(_csv_row(item) for item in evaluation.items)
    return atomic_write(path, table.getvalue().encode())


def _csv_row(item: Item) -> tuple[object, ...]:
    values = [""] * len(METRICS) if item.metrics is None else [getattr(item.metrics, name) for name in METRICS]
    edge = "" if item.edges is None else item.edges.f_score
    return (item.index, item.origin, *values, edge, item.num_nan, item.skipped)


def write_markdown(report: Report, figures: Sequence[Path], path: Path, *, details: Sequence[str] = ()) -> Path:
    """The report with further tables, and its figures, which lie beside it."""
    lines = [
        report.to_markdown(),
        *details,
        *(f"### {figure.stem}\n\n![{figure.stem}]({figure.name})\n" for figure in figures),
    ]
    return atomic_write(path, "\n".join(lines).encode())
