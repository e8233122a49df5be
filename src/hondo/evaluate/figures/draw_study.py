"""Figures of a study: a result by each factor with its spread, by configuration, mean ratios, and the Pareto front."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hondo.images.formats.figure_file import save_figure, style

WIDE = 5.0  # fastest over slowest: above, the axis of the speed is logarithmic
MAX_LABELS = 80  # configurations with a name each


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One configuration: its levels by factor, and its numbers by name."""

    factors: Mapping[str, str]
    numbers: Mapping[str, float]
    label: str = ""  # in the Pareto front, also where others are better

    @property
    def name(self) -> str:
        """Its levels in one line."""
        return ", ".join(self.factors.values())


def merged(points: Sequence[Measured], numbers: Collection[str]) -> list[Measured]:
    """One point for all that have the same ``numbers``, with the levels that these share."""
    groups: dict[tuple[float, ...], list[Measured]] = {}
    for point in points:
        groups.setdefault(tuple(round(point.numbers[name], 6) for name in numbers), []).append(point)
    return [
        Measured(
            factors={
                name: level for name, level in alike[0].factors.items() if all(p.factors[name] == level for p in alike)
            },
            numbers=alike[0].numbers,
        )
        for alike in groups.values()
    ]


def draw_by_factor(points: Sequence[Measured], number: str, folder: Path, *, label: str) -> Path:
    """A panel a factor: the median, quartiles and range of a number over all configurations of each level."""
    from matplotlib.figure import Figure

    names = _varied(points)
    figure = Figure(figsize=(max(3.0 * len(names), 4), 3.6), layout="constrained")
    axes = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for index, (axis, factor) in enumerate(zip(axes, names, strict=True)):
        levels = list(dict.fromkeys(point.factors[factor] for point in points))
        groups = [[p.numbers[number] for p in points if p.factors[factor] == level] for level in levels]
        colour = style(index)[0]
        axis.boxplot(groups, whis=(0, 100), widths=0.5, medianprops={"color": colour}, boxprops={"color": "#777777"})
        for place, group in enumerate(groups, 1):
            axis.scatter(place + np.linspace(-0.15, 0.15, len(group)), group, s=10, color=colour, alpha=0.6)
        axis.set_xticks(range(1, len(levels) + 1), levels, fontsize=8, rotation=20 if len(levels) > 2 else 0)
        axis.set_title(factor, fontsize=9)
        axis.grid(axis="y", alpha=0.3)
    axes[0].set_ylim(bottom=0)
    axes[0].set_ylabel(label)
    return save_figure(figure, folder, "fps_by_factor" if number.startswith("fps") else f"{number}_by_factor")


def draw_by_configuration(
    points: Sequence[Measured], numbers: Mapping[str, str], folder: Path, *, name: str, group_by: str | None = None
) -> Path:
    """Horizontal bars, a panel for each of ``numbers`` (name -> label); colours follow the factor ``group_by``."""
    from matplotlib.figure import Figure

    ordered = sorted(points, key=lambda point: point.numbers[next(iter(numbers))])[:MAX_LABELS]
    groups = list(dict.fromkeys(point.factors.get(group_by or "", "") for point in ordered))
    figure = Figure(figsize=(5 + 3 * len(numbers), 1 + 0.19 * len(ordered)), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.2)  # names grow a little when they are drawn  # type: ignore[union-attr]
    axes = figure.subplots(1, len(numbers), sharey=True, squeeze=False)[0]
    for axis, (number, label) in zip(axes, numbers.items(), strict=True):
        for index, group in enumerate(groups):
            places = [n for n, point in enumerate(ordered) if point.factors.get(group_by or "", "") == group]
            axis.barh(places, [ordered[n].numbers[number] for n in places], color=style(index)[0], label=group or None)
        axis.set_xlabel(label, fontsize=9)
        axis.grid(axis="x", alpha=0.3)
    axes[0].set_yticks(range(len(ordered)), [point.name for point in ordered], fontsize=7)
    axes[0].set_ylim(-0.6, len(ordered) - 0.4)
    if len(groups) > 1:
        axes[-1].legend(fontsize=8, title=group_by, title_fontsize=8, loc="lower right")
    return save_figure(figure, folder, name)


def draw_ratios(ratios: Sequence[tuple[str, str, float]], folder: Path, *, label: str, name: str) -> Path:
    """Mean ratios of (factor, change, ratio) as bars from 1, on a logarithmic axis."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullLocator

    figure = Figure(figsize=(6.5, 1 + 0.32 * len(ratios)), layout="constrained")
    axis = figure.subplots()
    factors = list(dict.fromkeys(factor for factor, *_ in ratios))
    for place, (factor, _change, ratio) in enumerate(ratios):
        axis.barh(place, ratio - 1, left=1, color=style(factors.index(factor))[0])
        axis.annotate(f"×{ratio:.2f}", (max(ratio, 1), place), xytext=(3, 0), textcoords="offset points", fontsize=8,
                      va="center")  # fmt: skip
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_locator(NullLocator())
    axis.axvline(1, color="#333333", linewidth=0.8)
    axis.set_yticks(range(len(ratios)), [f"{factor}: {change}" for factor, change, _ in ratios], fontsize=8)
    axis.invert_yaxis()
    axis.margins(x=0.15)
    axis.set_xlabel(label, fontsize=9)
    return save_figure(figure, folder, name)


def draw_pareto(
    points: Sequence[Measured], on_front: Sequence[bool], folder: Path, *, x: str, y: str, labels: tuple[str, str]
) -> Path:
    """Error ``y`` (lower is better) against speed ``x`` (higher is better); what the front dominates is shaded.

    The front's points are numbered, with their names in the legend; those that have a label show it.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullLocator

    figure = Figure(figsize=(7, 4.8), layout="constrained")
    axis = figure.subplots()
    front = sorted((p for p, is_on in zip(points, on_front, strict=True) if is_on), key=lambda p: p.numbers[x])
    others = [p for p, is_on in zip(points, on_front, strict=True) if not is_on]
    axis.scatter([p.numbers[x] for p in others], [p.numbers[y] for p in others], color="#999999", s=18)
    xs, ys = [p.numbers[x] for p in front], [p.numbers[y] for p in front]
    axis.plot(xs, ys, color=style(0)[0], marker="o", drawstyle="steps-pre", linewidth=1.2)
    _name(axis, front, [p for p in others if p.label], x=x, y=y)
    axis.margins(0.12)
    if max(p.numbers[x] for p in points) > WIDE * min(p.numbers[x] for p in points):
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter("{x:g}")
        axis.xaxis.set_minor_locator(NullLocator())
    top, left = axis.get_ylim()[1], axis.get_xlim()[0]
    axis.fill_between([left, *xs], [ys[0], *ys], top, step="pre", color="#999999", alpha=0.18, linewidth=0)
    axis.set_xlim(left=left)
    axis.set_ylim(top=top)
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    axis.grid(alpha=0.3)
    return save_figure(figure, folder, "pareto")


def _name(axis, front: Sequence[Measured], labelled: Sequence[Measured], *, x: str, y: str) -> None:
    """Labels beside the points that have one, numbers at the others of the front, and the legend of these."""
    from matplotlib.lines import Line2D

    shown = [*labelled, *(point for point in front if point.label)]
    for point in shown:
        place = (point.numbers[x], point.numbers[y])
        axis.plot(*place, "D", color=style(1)[0])
        axis.annotate(point.label, place, xytext=(-6, -12), textcoords="offset points", fontsize=8, ha="right")
    handles = []
    for number, point in enumerate((point for point in front if not point.label), 1):
        place = (point.numbers[x], point.numbers[y])
        axis.annotate(str(number), place, xytext=(5, -10), textcoords="offset points", fontsize=8)
        handles.append(Line2D([], [], linestyle="", color="#333333", marker=f"${number}$", label=point.name))
    if handles:
        axis.legend(handles=handles, fontsize=7, loc="best")


def _varied(points: Sequence[Measured]) -> list[str]:
    names = dict.fromkeys(name for point in points for name in point.factors)
    varied = [name for name in names if 1 < len({point.factors[name] for point in points}) <= 12]
    return varied or list(names)[:1]
