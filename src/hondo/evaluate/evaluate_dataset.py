"""Scores a model, predictions or a baseline on a named data set, with files: what ``hondo evaluate`` does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from hondo.core.atomic import atomic_write
from hondo.core.errors import unknown
from hondo.core.report import Report
from hondo.core.sample import Samples
from hondo.core.types import DepthKind
from hondo.data.datasets.registry import open_dataset, origins_of
from hondo.engines.load import ModelSettings
from hondo.evaluate.accuracy.detail_report import detail_reports
from hondo.evaluate.accuracy.evaluation import Evaluation, evaluate_samples
from hondo.evaluate.accuracy.score_image import parse_align
from hondo.evaluate.accuracy.subject import PredictionSettings, Subject, open_subject
from hondo.evaluate.accuracy.uncertainty import NOTE, uncertainty_report
from hondo.evaluate.comparison.compare_scores import comparison_reports
from hondo.evaluate.comparison.entrants import Entrant, entrants
from hondo.evaluate.comparison.scores import scores_of
from hondo.evaluate.figures.draw_comparison import write_comparison
from hondo.evaluate.figures.draw_figures import write_figures
from hondo.evaluate.figures.draw_grid import write_grid
from hondo.evaluate.figures.report_files import write_images_csv, write_json, write_markdown
from hondo.evaluate.flicker.flicker import measure_flicker
from hondo.evaluate.protocols import protocol_named

Track = Callable[[Iterable[int]], Iterable[int]]


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings:
    """What is scored, on which data, and how."""

    subject: str  # a model, a folder of predictions, or a baseline (floor:constant)
    data: str = "rgbd"
    root: Path | None = None
    data_options: Mapping[str, Any] = field(default_factory=dict)  # None is left to the data set
    every: int = 1
    only: str | None = None
    protocol: str = "dense"
    align: str | None = None  # None: the protocol's own
    flicker: bool = False  # the samples are frames of a video in order
    model: ModelSettings = field(default_factory=ModelSettings)
    png_factor: float | None = None  # of predictions by others; None: by the protocol
    pred_kind: str = DepthKind.METRIC_DEPTH
    skip_nan: bool = False  # pixels where a prediction is NaN do not count
    uncertainty: bool = False  # also score the confidence of the depth maps
    flip: bool = False  # average with the mirrored map of the mirrored image
    against: tuple[str, ...] = ()  # subjects that are evaluated alike, or JSON files of earlier evaluations

    def open_data(self, **changed: Any) -> Samples:
        """The data set, with some of its options changed."""
        options = {**self.data_options, "only": self.only, "every": self.every if self.every != 1 else None}
        return open_dataset(self.data, root=self.root, **(options | changed))

    def title(self, what: str) -> str:
        """The heading of a report on ``what``."""
        return f"{what} on {self.data} {self.root or ''}".rstrip()

    def notes(self) -> tuple[str, ...]:
        """Which samples were chosen."""
        every = f"every {self.every}th sample" if self.every > 1 else ""
        return tuple(note for note in (every, f"only {self.only}" if self.only else "") if note)


def evaluate_dataset(
    settings: EvaluationSettings,
    *,
    json: Path | None = None,
    figures: Path | None = None,
    on_report: Callable[[Report], None] = lambda report: None,
    track: Track = iter,
) -> Evaluation:
    """Scores, hands the report to ``on_report`` (before any file: a full disk takes nothing of it away), writes files.

    With ``against`` the reports of the comparison follow. A video without depth maps is measured for flicker only.
    ``track`` wraps each loop, for a progress bar.
    """
    parse_align(protocol_named(settings.protocol).align if settings.align is None else settings.align)
    samples = settings.open_data()
    frames = _all_frames(settings) if settings.flicker else samples
    subject = _open_subject(settings, frames)

    evaluated = partial(_evaluated, settings, samples=samples, track=track)
    try:
        evaluation = evaluated(subject, with_edges=json is not None or figures is not None)
        is_flicker_only = settings.flicker and not evaluation.scored
        if is_flicker_only:
            report = Report(title=settings.title("Flicker"), rows=(), notes=evaluation.notes)
        else:
            report = evaluation.report(settings.title("Depth accuracy"))
        report = _add_flicker(report, subject, frames, track=track) if settings.flicker else report
        on_report(report)
        if settings.uncertainty and evaluation.scored:
            report = _add_uncertainty(settings, report, subject, samples, on_report=on_report, track=track)
        if is_flicker_only:
            return _flicker_only(evaluation, report, json=json)
        if json is not None:
            write_json(evaluation, report, json)
        first = Entrant(scores=scores_of(evaluation), predict=subject.predict)
        opened = partial(_open_subject, settings, samples)
        with entrants(settings.against, first, open_named=opened, evaluate=evaluated) as found:
            compared = comparison_reports([each.scores for each in found]) if settings.against else ()
            for each in compared:
                on_report(each)
            if figures is not None:
                drawn = _draw(evaluation, found, samples, figures)
                tables = [each.to_markdown() for each in (*compared, *detail_reports(evaluation))]
                write_markdown(report, drawn, figures / "report.md", details=tables)
        return evaluation
    finally:
        subject.close()


def _evaluated(
    settings: EvaluationSettings, subject: Subject, *, samples: Samples, track: Track, with_edges: bool = False
) -> Evaluation:
    evaluation = evaluate_samples(
        subject.predict,
        samples,
        subject=subject.name,
        protocol=settings.protocol,
        align=settings.align,
        notes=(*settings.notes(), *subject.notes),
        skip_nan=settings.skip_nan,
        with_edges=with_edges,
        track=track,
    )
    return replace(evaluation, is_model=subject.is_model)


def _all_frames(settings: EvaluationSettings) -> Samples:
    """Every frame, also those without a depth map."""
    return settings.open_data(every=None, **({"with_depth": False} if settings.data == "frames" else {}))


def _open_subject(settings: EvaluationSettings, samples: Samples, name: str | None = None) -> Subject:
    """The subject of the settings, or another that is evaluated like it."""
    if settings.pred_kind not in set(DepthKind):
        raise unknown("prediction kind", settings.pred_kind, DepthKind)
    subject = open_subject(
        name or settings.subject,
        origins=origins_of(samples),
        protocol=settings.protocol,
        model=settings.model,
        predictions=PredictionSettings(png_factor=settings.png_factor, kind=DepthKind(settings.pred_kind)),
    )
    can_flip = name is None or subject.is_model  # predictions beside a model stay as they are
    return subject.flip_averaged() if settings.flip and can_flip else subject


def _add_flicker(report: Report, subject: Subject, frames: Samples, *, track: Track) -> Report:
    flicker = measure_flicker(subject.predict, frames, track=track)
    return replace(report, rows=(*report.rows, *flicker.rows(subject.name)), notes=(*report.notes, flicker.note()))


def _add_uncertainty(
    settings: EvaluationSettings,
    report: Report,
    subject: Subject,
    samples: Samples,
    *,
    on_report: Callable[[Report], None],
    track: Track,
) -> Report:
    """Hands on a table of its own; the report that goes into files holds both."""
    how = {"subject": subject.name, "protocol": settings.protocol, "align": settings.align}
    found = uncertainty_report(subject.predict, samples, **how, track=track)
    on_report(found)
    return replace(report, rows=(*report.rows, *found.rows), notes=(*report.notes, NOTE))


def _flicker_only(evaluation: Evaluation, report: Report, *, json: Path | None) -> Evaluation:
    """An evaluation without samples: frames without depth maps are not counted as skipped."""
    if json is not None:
        atomic_write(json, report.to_json().encode())
    return replace(evaluation, items=())


def _draw(evaluation: Evaluation, found: Sequence[Entrant], samples: Samples, folder: Path) -> list[Path]:
    """All figures, and the table of images."""
    predicts = {each.scores.subject: each.predict for each in found if each.predict is not None}
    sheets = write_figures(evaluation, predicts[evaluation.subject], samples, folder)
    write_images_csv(evaluation, folder / "images.csv")
    grid = write_grid(evaluation, predicts, samples, folder)
    return [*write_comparison([each.scores for each in found], folder), grid, *sheets]
