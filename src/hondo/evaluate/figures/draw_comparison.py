"""Charts of one or several subjects: metrics with intervals, error by true depth, accuracy against speed."""

from collections.abc import Sequence
from pathlib import Path

from hondo.core.report import Row
from hondo.evaluate.accuracy.error_detail import range_names
from hondo.evaluate.comparison.compare_scores import metric_rows, on_shared_images
from hondo.evaluate.comparison.scores import Scores
from hondo.images.formats.figure_file import save_figure, style
from hondo.metrics.depth_metrics import METRICS


def write_comparison(scores: Sequence[Scores], folder: Path) -> list[Path]:
    """metrics, depth_ranges and speed, each as PNG and SVG where there is something to draw; returns the PNGs."""
    scores = on_shared_images(scores)
    written = [draw_metrics(scores, folder)]
    if any(each.ranges for each in scores):
        written.append(draw_ranges(scores, folder))
    if any(each.predict_ms for each in scores):
        written.append(draw_speed(scores, folder))
    return written


def draw_metrics(scores: Sequence[Scores], folder: Path) -> Path:
    """One small chart a metric, one bar a subject, with its 95 % interval."""
    from matplotlib.figure import Figure

    columns = 3
    height = 1.5 * (0.5 + 0.25 * len(scores)) * (len(METRICS) / columns) + 0.8
    figure = Figure(figsize=(11, max(height, 4.2)), layout="constrained")
    axes = figure.subplots(-(-len(METRICS) // columns), columns, sharey=True, squeeze=False)
    rows = [metric_rows(each) for each in scores]
    for axis, of_metric in zip(axes.flat, zip(*rows, strict=True), strict=True):
        row = of_metric[0]
        axis.set_xlabel(f"{row.name}{f' [{row.unit}]' if row.unit else ''} ({row.better} is better)", fontsize=8)
        for place, one in enumerate(of_metric):
            axis.barh(place, one.value, xerr=_reach(one), color=style(place)[0], capsize=3, height=0.7)
        axis.set_yticks(range(len(scores)), [short_name(each.subject) for each in scores], fontsize=8)
        axis.tick_params(axis="x", labelsize=7)
    axes[0, 0].invert_yaxis()
    figure.suptitle(f"{_setting(scores)}, bars: mean over images, lines: 95 % interval", fontsize=9)
    return save_figure(figure, folder, "metrics")


def draw_ranges(scores: Sequence[Scores], folder: Path) -> Path:
    """Error and bias of each subject in octaves of the true depth."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5.5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    held = {one.metres for each in scores for one in each.ranges}
    names = [name for name in range_names() if name in held]
    for index, each in enumerate(scores):
        at = [names.index(one.metres) for one in each.ranges]
        colour, marker = style(index)
        above.plot(
            at, [one.abs_rel for one in each.ranges], color=colour, marker=marker, label=short_name(each.subject)
        )
        known = [(place, one.low, one.high) for place, one in zip(at, each.ranges, strict=True) if one.low is not None]
        if known:
            above.fill_between(*zip(*known, strict=True), color=colour, alpha=0.2, linewidth=0)
        below.plot(at, [one.bias for one in each.ranges], color=colour, marker=marker)
    below.axhline(0, color="#555555", linewidth=0.8)
    above.set_ylim(bottom=0)
    above.set_ylabel("mean |p - g| / g")
    below.set_ylabel("mean (p - g) / g")
    below.set_xlabel("true depth [m]")
    below.set_xticks(range(len(names)), names)
    above.legend(fontsize=8)
    figure.suptitle(f"{_setting(scores)}; bands: 95 % interval", fontsize=9)
    return save_figure(figure, folder, "depth_ranges")


def draw_speed(scores: Sequence[Scores], folder: Path) -> Path:
    """abs_rel against the median time of one image; only what ran on the hardware of the first that was timed."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullLocator

    timed = [(each.predict_ms, index, each) for index, each in enumerate(scores) if each.predict_ms]
    where = timed[0][2].hardware
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axis = figure.subplots()
    for milliseconds, index, each in timed:
        if each.hardware == where:
            row, (colour, marker) = metric_rows(each)[0], style(index)
            axis.errorbar(milliseconds, row.value, yerr=_reach(row), color=colour, marker=marker, capsize=3,
                          linestyle="none", label=short_name(each.subject))  # fmt: skip
    axis.set_xscale("log")
    axis.margins(0.2)
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5, 7)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlabel(f"median time of one image [ms]; {where}", fontsize=8)
    axis.set_ylabel("abs_rel (lower is better)")
    axis.legend(fontsize=8)
    axis.grid(alpha=0.3)
    others = sum(each.hardware != where for *_, each in timed)
    left_out = f"; {others} timed on other hardware left out" if others else ""
    figure.suptitle(f"{_setting(scores)}{left_out}", fontsize=9)
    return save_figure(figure, folder, "speed")


def short_name(subject: str) -> str:
    """The last parts of a path, or a name as it is."""
    return subject if len(subject) <= 28 else f"...{subject[-25:]}"


def _reach(row: Row) -> list[list[float]] | None:
    """How far the interval goes to both sides, as error bars want it."""
    if row.low is None or row.high is None:
        return None
    return [[max(0.0, row.value - row.low)], [max(0.0, row.high - row.value)]]


def _setting(scores: Sequence[Scores]) -> str:
    first = scores[0]
    return f"{first.protocol}, alignment {first.align}, {len(first.origins)} images"
