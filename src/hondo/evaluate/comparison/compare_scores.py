"""Several subjects in one table, and whether they differ: only under one protocol, on the same images."""

from collections.abc import Sequence

from hondo.core.errors import HondoError
from hondo.core.report import Report, Row
from hondo.evaluate.comparison.scores import Scores
from hondo.metrics.bootstrap import mean_interval, paired_difference
from hondo.metrics.depth_metrics import METRICS


def on_shared_images(scores: Sequence[Scores]) -> tuple[Scores, ...]:
    """All of them on the images that every one was scored on; refuses two protocols, alignments or sets of images."""
    first, *others = scores
    for other in others:
        for what in ("protocol", "align"):
            one, another = getattr(first, what), getattr(other, what)
            if one != another:
                name = "alignment" if what == "align" else what
                raise HondoError(
                    f"{first.subject} was scored with {name} {one}, {other.subject} with {another}: such rows never "
                    f"share a table; evaluate both with one {name}",
                    field=what,
                )
    known = set(first.origins).intersection(*(each.origins for each in others))
    most = max(len(each.origins) for each in scores)
    if 2 * len(known) < most:
        raise HondoError(
            f"the evaluations share {len(known)} of {most} images: they are of different data; evaluate all on the same"
        )
    shared = [origin for origin in dict.fromkeys(first.origins) if origin in known]
    return tuple(each.of_images(shared) for each in scores)


def comparison_reports(scores: Sequence[Scores]) -> tuple[Report, ...]:
    """The table of all, then the paired differences of each from the first."""
    scores = on_shared_images(scores)
    first, *others = scores
    notes = (f"alignment {first.align}", f"{len(first.origins)} images that all were scored on")
    rows = tuple(row for each in scores for row in metric_rows(each))
    table = Report(title="Comparison", rows=rows, protocol=first.protocol, notes=notes)
    return table, *(_differences(first, other, notes=notes) for other in others)


def metric_rows(scores: Scores) -> tuple[Row, ...]:
    """The mean of each metric with its interval."""
    means, ends = scores.values.mean(axis=0).tolist(), mean_interval(scores.values).tolist()
    return tuple(
        Row(
            name=name, value=mean, unit=metric.unit, better=metric.better, subject=scores.subject,
            low=low if low == low else None, high=high if high == high else None,
        )
        for (name, metric), mean, (low, high) in zip(METRICS.items(), means, ends, strict=True)
    )  # fmt: skip


def _differences(first: Scores, other: Scores, *, notes: tuple[str, ...]) -> Report:
    rows = []
    for column, (name, metric) in enumerate(METRICS.items()):
        found = paired_difference(first.values[:, column], other.values[:, column])
        if found is not None:
            unit = f" [{metric.unit}]" if metric.unit else ""
            subject = f"{name}{unit} ({metric.better} is better)"
            rows.append(Row(name="difference", value=found.mean, low=found.low, high=found.high, subject=subject))
            rows.append(Row(name="p", value=found.p, subject=subject))
    few = () if rows else ("too few images to compare",)
    how = "paired bootstrap over images; an interval without 0 is a significant difference"
    title = f"{other.subject} minus {first.subject}"
    return Report(title=title, rows=tuple(rows), protocol=first.protocol, notes=(*notes, how, *few))
