"""``hondo evaluate``: scores a model, a floor, or a folder of predictions of anybody."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from hondo.cli.options import (
    ModelOptions,
    SharedModelOptions,
    parse_options,
    parse_pairs,
    parse_size,
    tell_if_untrained,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hondo.core.report import Report
    from hondo.core.sample import Samples
    from hondo.evaluate.accuracy.subject import Subject

EXIT_SOME_FAILED = 1


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """Score a model, a folder of predictions (PNG16 or NPY), or a floor (floor:constant, floor:row-plane)."""

    model: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL_or_PREDICTIONS")]
    """A name of `hondo models`, a run folder, a model file, a folder of predictions, or a floor."""
    data: str = "rgbd"
    """Data set: rgbd (a manifest), frames (a clip with depth maps), synthetic."""
    root: Path | None = None
    """Where the data lies: folder, manifest or video file."""
    protocol: str = "dense"
    """How it is scored: dense, kitti-eigen-annotated-garg, nyu-eigen, ... (a wrong name lists them)."""
    align: str | None = None
    """none, median, scale, scale-shift, or a factor; default: the protocol's own."""
    flicker: bool = False
    """The samples are frames of a video in their order: also measure how much depth flickers (needs no depth maps)."""
    every: int = 1
    """Score each N-th sample."""
    only: str | None = None
    """Score only samples of this domain, or whose id (frames: file name) starts so."""
    json: Path | None = None
    """Write the report and every image's metrics here."""
    figures: Path | None = None
    """Write best, median and worst images, histograms and report.md into this folder."""
    size: str | None = None
    """Network size HxW; default: the model's own."""
    engine: str = "auto"
    device: str = "auto"
    precision: str = "fp32"
    camera: str | None = None
    """frames: intrinsics as a file (JSON, K.txt) or fx,fy,cx,cy."""
    depth: Path | None = None
    """frames: the folder of depth maps."""
    divide_by: float | None = None
    """frames: metres = stored value / this (default 1000)."""
    depth_every: int | None = None
    """frames: the i-th depth map belongs to frame i x N (default: matched by name)."""
    data_option: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """KEY=VALUE for the data set, e.g. --data-option seed=1; may be repeated."""
    png_factor: float | None = None
    """Of predictions by others: stored value of one metre (default: 256, for NYU protocols 1000)."""
    pred_kind: str = "metric_depth"
    """Of predictions by others: metric_depth, metric_inverse_depth, scaled_inverse_depth, relative_inverse_depth."""
    shared: SharedModelOptions = field(default_factory=ModelOptions)


def run(config: EvaluateConfig) -> int:
    from hondo.data.datasets.registry import open_dataset, origins_of
    from hondo.evaluate.accuracy.evaluation import evaluate_samples
    from hondo.evaluate.accuracy.score_image import parse_align
    from hondo.evaluate.protocols import protocol_named

    parse_align(protocol_named(config.protocol).align if config.align is None else config.align)
    samples = open_dataset(config.data, root=config.root, **_data_options(config))
    frames = _frames(config) if config.flicker else samples
    subject = _subject(config, origins_of(frames))
    try:
        evaluation = evaluate_samples(
            subject.predict,
            samples,
            subject=subject.name,
            protocol=config.protocol,
            align=config.align,
            notes=(*_notes(config), *subject.notes),
            track=_progress,
        )
        if config.flicker and not evaluation.scored:
            return _flicker_alone(config, subject, frames)
        report = evaluation.report(f"Depth accuracy on {config.data} {config.root or ''}".rstrip())
        report = _with_flicker(report, subject, frames) if config.flicker else report
        print(report.to_markdown())  # first: a disk that is full takes nothing of it away
        _write(config, evaluation, report, subject, samples)
    finally:
        subject.close()
    tell_if_untrained(config.model, weights=config.shared.weights)
    return EXIT_SOME_FAILED if evaluation.skipped else 0


def _frames(config: EvaluateConfig) -> "Samples":
    """Every frame, also those without a depth map."""
    from hondo.data.datasets.registry import open_dataset

    options = _data_options(config) | {"every": None} | ({"with_depth": False} if config.data == "frames" else {})
    return open_dataset(config.data, root=config.root, **options)


def _with_flicker(report: "Report", subject: "Subject", frames: "Samples") -> "Report":
    from dataclasses import replace

    from hondo.evaluate.flicker.flicker import measure_flicker

    flicker = measure_flicker(subject.predict, frames, track=_progress)
    return replace(report, rows=(*report.rows, *flicker.rows(subject.name)), notes=(*report.notes, flicker.note()))


def _flicker_alone(config: EvaluateConfig, subject: "Subject", frames: "Samples") -> int:
    """Of a video without depth maps: the report has the flicker only."""
    from hondo.core.atomic import atomic_write
    from hondo.core.report import Report

    notes = (*_notes(config), *subject.notes)
    report = Report(title=f"Flicker on {config.data} {config.root or ''}".rstrip(), rows=(), notes=notes)
    report = _with_flicker(report, subject, frames)
    print(report.to_markdown())
    if config.json is not None:
        atomic_write(config.json, report.to_json().encode())
    return 0


def _data_options(config: EvaluateConfig) -> dict[str, Any]:
    """What the data set is opened with; None is left to it."""
    named = {"camera": config.camera, "depth": config.depth, "divide_by": config.divide_by}
    named |= {"depth_every": config.depth_every, "only": config.only}
    named |= {"every": config.every if config.every != 1 else None}
    return named | parse_pairs(config.data_option, option="--data-option")


def _subject(config: EvaluateConfig, origins: "Sequence[str]") -> "Subject":
    from hondo.core.errors import unknown
    from hondo.core.types import DepthKind
    from hondo.evaluate.accuracy.subject import ModelSettings, PredictionSettings, open_subject

    if config.pred_kind not in set(DepthKind):
        raise unknown("prediction kind", config.pred_kind, DepthKind)
    model = ModelSettings(
        weights=config.shared.weights,
        engine=config.engine,
        device=config.device,
        precision=config.precision,
        size_hw=parse_size(config.size),
        options=tuple(parse_options(config.shared.option).items()),
    )
    predictions = PredictionSettings(png_factor=config.png_factor, kind=DepthKind(config.pred_kind))
    return open_subject(config.model, origins=origins, protocol=config.protocol, model=model, predictions=predictions)


def _notes(config: EvaluateConfig) -> tuple[str, ...]:
    chosen = [
        f"every {config.every}th sample" if config.every > 1 else "",
        f"only {config.only}" if config.only else "",
    ]
    return tuple(note for note in chosen if note)


def _write(config: EvaluateConfig, evaluation: Any, report: Any, subject: "Subject", samples: "Samples") -> None:
    from hondo.evaluate.figures.draw_figures import write_figures
    from hondo.evaluate.figures.report_files import write_json, write_markdown

    if config.json is not None:
        write_json(evaluation, report, config.json)
    if config.figures is not None:
        figures = write_figures(evaluation, subject.predict, samples, config.figures)
        write_markdown(report, figures, config.figures / "report.md")


def _progress(indices: "Iterable[int]") -> "Iterator[int]":
    """A bar on stderr where somebody looks."""
    from rich.console import Console
    from rich.progress import track

    yield from track(indices, description="scoring", console=Console(stderr=True), disable=not sys.stderr.isatty())
