"""Learning curves of run folders side by side, drawn from their metrics.jsonl alone."""

from collections.abc import Sequence
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.images.formats.figure_file import save_figure, style
from hondo.train.loggers.run_records import RunRecord, read_metrics

CURVES = {"loss": "training loss", "val_abs_rel": "validation abs_rel", "val_rmse": "validation rmse [m]",
          "val_delta1": "validation delta1", "lr": "learning rate"}  # fmt: skip
LOG_SCALED = ("loss", "lr")


def draw_curves(runs: Sequence[RunRecord], folder: Path) -> Path:
    """curves.png and curves.svg: each of CURVES that a run has recorded against its step, one line a run."""
    from matplotlib.figure import Figure

    series = {run.label or str(run.path): read_metrics(run.path) for run in runs}
    names = [name for name in CURVES if any(name in one for records in series.values() for one in records)]
    if not names:
        raise HondoError(f"no numbers to draw in {', '.join(map(str, series))}: no step is recorded yet")
    figure = Figure(figsize=(8, 1 + 2.2 * len(names)), layout="constrained")
    axes = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for axis, name in zip(axes, names, strict=True):
        for index, (name_of_run, records) in enumerate(series.items()):
            points = [(one["step"], one[name]) for one in records if name in one and "step" in one]
            colour, marker = style(index)
            if points:
                axis.plot(*zip(*points, strict=True), color=colour, linewidth=1.2, label=name_of_run,
                          marker=marker if len(points) < 30 else "", markersize=4)  # fmt: skip
        axis.set_ylabel(CURVES[name], fontsize=9)
        if name in LOG_SCALED and all(one[name] > 0 for records in series.values() for one in records if name in one):
            axis.set_yscale("log")
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    axes[-1].set_xlabel("optimisation steps")
    return save_figure(figure, folder, "curves")
