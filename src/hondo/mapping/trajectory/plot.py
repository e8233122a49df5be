"""A path as a figure: seen from above and over time, with the true one where it is known."""

from pathlib import Path

import numpy as np

from hondo.images.formats.figure_file import save_figure, style
from hondo.mapping.trajectory.path_score import PathScore
from hondo.mapping.trajectory.trajectory import Trajectory


def plot_trajectory(path: Trajectory, folder: Path, *, unit: str, score: PathScore | None = None) -> Path:
    """Writes ``trajectory.png`` and ``.svg``: the first camera looks up the page; ``unit``: that of the poses."""
    from matplotlib.figure import Figure

    lines = [("estimated", path)] if score is None else [("true", score.truth), ("estimated", score.aligned)]
    unit = unit if score is None else "m"
    T_first_world = np.linalg.inv(lines[0][1].poses[0])  # the view is that of the first camera
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    above, over_time = figure.subplots(1, 2)
    for index, (name, each) in enumerate(lines):
        places = each.poses[:, :3, 3] @ T_first_world[:3, :3].T + T_first_world[:3, 3]
        above.plot(places[:, 0], places[:, 2], color=style(index)[0], label=name)
        for axis, dashes in enumerate(("-", "--", ":")):
            over_time.plot(
                each.times, places[:, axis], dashes, color=style(index)[0], label=f"{name} {'xyz'[axis]}", linewidth=1
            )
    above.plot(0, 0, "k^", label="start")
    above.set(xlabel=f"right [{unit}]", ylabel=f"ahead [{unit}]", title="from above")
    above.set_aspect("equal")
    over_time.set(xlabel="time [s]", ylabel=f"[{unit}]", title="right x, down y, ahead z")
    for axis in (above, over_time):
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    if score is not None:
        figure.suptitle(f"ATE {score.ate:.3f} m, drift {100 * score.drift:.1f} % of {score.length:.1f} m", fontsize=10)
    return save_figure(figure, folder, "trajectory")
