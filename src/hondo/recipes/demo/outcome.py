"""The demo's results: report.json, report.md, and the commands to try next."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row, markdown_table
from hondo.recipes.demo import clip_accuracy as accuracy
from hondo.recipes.demo import exports as speed
from hondo.recipes.demo.demo_clip import DemoClip
from hondo.recipes.demo.demo_config import DemoConfig

SHEET, ADAPTED = "before_after.jpg", "adapted"

_NOTES = (
    "alignment: the median of each frame; one scale: one factor for the whole clip",
    "FPS and end to end: image to depth map; median and p95: the network alone",
    "difference to torch: the largest, as a share of the mean value",
)
_SECTIONS = {
    "Accuracy on the clip": (*accuracy.SHOWN, accuracy.ONE_SCALE),
    "Speed on this machine": (*speed.SHOWN, speed.PARITY),
}


@dataclass
class Outcome:
    """The rows so far, and the files in the output folder with a description of each."""

    rows: list[Row] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def report(self) -> Report:
        """The report of the rows so far."""
        notes = (*_NOTES, *self.notes)
        return Report(title="hondo demo", rows=tuple(self.rows), protocol=accuracy.PROTOCOL, notes=notes)

    def tables(self) -> dict[str, str]:
        """Markdown tables by heading; empty ones are left out."""
        chosen = {head: [row for row in self.rows if row.name in names] for head, names in _SECTIONS.items()}
        return {head: markdown_table(rows) for head, rows in chosen.items() if rows}


def write_outcome(outcome: Outcome, folder: Path) -> None:
    """Writes report.json and report.md of the results so far."""
    outcome.files |= {
        "report.md": "the tables and images",
        "report.json": "all numbers with protocol, seed and hardware",
    }
    report = outcome.report()
    atomic_write(folder / "report.json", report.to_json().encode())
    atomic_write(folder / "report.md", _markdown(outcome, report).encode())


def stem_of(config: DemoConfig) -> str:
    """Of the exported files."""
    return f"{config.model}-adapted"


def next_commands(clip: DemoClip, config: DemoConfig, *, written: Sequence[str]) -> list[str]:
    """Three commands that run as printed; replace the clip with your own images or video."""
    out, images = config.out, clip.files.images
    stem = stem_of(config)
    fastest = next((name for name in (f"{stem}.xml", f"{stem}.onnx") if name in written), ADAPTED)
    height, width = config.speed_hw
    lines = [
        ["predict", images, "--model", out / ADAPTED, "--out", out / "predicted", "--save", "png16,color"],
        ["train", "video", "--data", images, "--data.camera", clip.files.intrinsics, "--out", out / "longer"],
        ["bench", out / fastest, "--size", f"{height}x{width}"],
    ]
    return [shlex.join(["hondo", *map(str, words)]) for words in lines]


def _markdown(outcome: Outcome, report: Report) -> str:
    parts = [f"# {report.title}"]
    parts += [f"## {head}\n\n{table}" for head, table in outcome.tables().items()]
    if SHEET in outcome.files:
        shown = "image, depth before, depth after, measured depth, and edges close up"
        parts.append(f"## Before and after\n\n![{shown}]({SHEET})")
    files = [f"- [{name}]({name}): {what}" for name, what in outcome.files.items()]
    origin = [f"protocol {report.protocol}", *report.notes, report.hardware, f"commit {report.commit}"]
    parts += ["## Files\n\n" + "\n".join(files), "## Where the numbers come from\n\n" + _bullets(origin)]
    return "\n\n".join(parts) + "\n"


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
