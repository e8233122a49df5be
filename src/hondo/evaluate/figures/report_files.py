"""The files of an evaluation: JSON with the metrics of every image, and Markdown with the figures."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from hondo.core.atomic import atomic_write
from hondo.core.report import Report
from hondo.evaluate.accuracy.evaluation import Evaluation


def write_json(evaluation: Evaluation, report: Report, path: Path) -> Path:
    """The report, and the metrics of every image: {..., "metrics": {...}, "images": [...], "skipped": [...]}."""
    stored = json.loads(report.to_json())
    stored |= {
        "align": evaluation.align,
        "metrics": asdict(evaluation.mean()),
        "num_scored": len(evaluation.scored),
        "num_skipped": len(evaluation.skipped),
        "images": [
            {"index": item.index, "origin": item.origin, "nan_pixels": item.num_nan, **asdict(item.metrics)}
            for item in evaluation.scored
            if item.metrics is not None
        ],
        "skipped": [
            {"index": item.index, "origin": item.origin, "reason": item.skipped} for item in evaluation.skipped
        ],
    }
    return atomic_write(path, json.dumps(stored, indent=1).encode())


def write_markdown(report: Report, figures: Sequence[Path], path: Path) -> Path:
    """The report with its figures, which lie beside it."""
    lines = [report.to_markdown(), *(f"### {figure.stem}\n\n![{figure.stem}]({figure.name})\n" for figure in figures)]
    return atomic_write(path, "\n".join(lines).encode())
