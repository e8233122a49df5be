"""Time of every attention against the number of tokens, beside softmax attention and lines of growth."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hondo.evaluate.speed.attention_cost import REFERENCE, AttentionCost, by_name
from hondo.images.formats.figure_file import save_figure, style
from hondo.nn.attention.registry import ATTENTION

COLUMNS = 3


def draw_attention(costs: Sequence[AttentionCost], folder: Path) -> Path:
    """attention.png and .svg: a panel for each folder of nn/attention; dotted: growth with n and with n^2.

    Dashed: the cost model, a kind's multiply-accumulates at the rate at which softmax attention does its own on the
    largest grid. A kind far above its line moves memory more than it multiplies.
    """
    from matplotlib.figure import Figure

    grouped = by_name(costs)
    panels, rate = _panels(grouped), _rate(grouped)
    rows = -(-len(panels) // COLUMNS)
    figure = Figure(figsize=(4.2 * min(COLUMNS, len(panels)), 3.6 * rows), layout="constrained")
    axes = figure.subplots(rows, min(COLUMNS, len(panels)), sharex=True, sharey=True, squeeze=False).flat
    for axis, (title, names) in zip(axes, panels.items(), strict=False):
        _guides(axis, grouped.get(REFERENCE) or grouped[names[0]])
        shown = names if REFERENCE in names or REFERENCE not in grouped else [*names, REFERENCE]
        for index, name in enumerate(shown):
            colour, marker = ("#555555", "") if name == REFERENCE else style(index)
            tokens, times = zip(*((cost.tokens, cost.milliseconds) for cost in grouped[name]), strict=True)
            axis.loglog(tokens, times, color=colour, marker=marker, markersize=4, label=name)
            if rate:
                modelled = [cost.macs / rate for cost in grouped[name]]
                axis.loglog(tokens, modelled, "--", color=colour, linewidth=0.8, alpha=0.6)
        axis.set_title(title, fontsize=9)
        axis.legend(fontsize=7)
    for axis in list(axes)[len(panels) :]:
        axis.set_visible(False)
    model = "dashed: multiply-accumulates at the rate of softmax attention; " if rate else ""
    figure.suptitle(f"{model}dotted: n and n$^2$", fontsize=9)
    figure.supxlabel("tokens", fontsize=9)
    figure.supylabel("time of one call [ms]", fontsize=9)
    return save_figure(figure, folder, "attention")


def _panels(names: Mapping[str, object]) -> dict[str, list[str]]:
    """Names by the folder of nn/attention that they lie in."""
    panels: dict[str, list[str]] = {}
    for name in names:
        parents = ATTENTION[name].__module__.split(".")[3:-1]
        title = parents[0].replace("_", " ") if parents else "others"
        panels.setdefault(title, []).append(name)
    return panels


def _rate(grouped: Mapping[str, Sequence[AttentionCost]]) -> float:
    """Multiply-accumulates a millisecond of softmax attention on its largest grid; 0 where they are not known."""
    last = grouped.get(REFERENCE, ())[-1:]
    return last[0].macs / last[0].milliseconds if last else 0.0


def _guides(axis, reference: Sequence[AttentionCost]) -> None:
    """Dotted lines that grow with n and n^2, through the last point of the reference."""
    tokens = np.array([cost.tokens for cost in reference], dtype=float)
    last = reference[-1]
    for power in (1, 2):
        axis.loglog(tokens, last.milliseconds * (tokens / last.tokens) ** power, ":", color="#BBBBBB", linewidth=1)
