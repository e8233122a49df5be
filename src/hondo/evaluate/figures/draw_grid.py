"""The qualitative grid: images, their ground truth, the depth of every subject, and its error below it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from hondo.core.sample import Samples
from hondo.evaluate.accuracy.evaluation import Evaluation, Predict, image_of, score_sample
from hondo.evaluate.accuracy.score_image import ScoredImage
from hondo.evaluate.figures.draw_comparison import short_name
from hondo.evaluate.figures.draw_figures import ERROR_LIMIT, short_origin, thickened
from hondo.evaluate.protocols import protocol_named
from hondo.images.formats.figure_file import save_figure

QUANTILES = (0.1, 0.5, 0.9)  # of abs_rel of the first subject: a good, a usual and a bad image


def write_grid(evaluation: Evaluation, predicts: Mapping[str, Predict], samples: Samples, folder: Path) -> Path:
    """grid.png and grid.svg; ``predicts``: the subjects by name, the one of ``evaluation`` first."""
    from matplotlib.figure import Figure

    chosen = _chosen(evaluation)
    height, width = samples[chosen[0]].image.shape[-2:]
    row = 2 * (3.1 * height / width + 0.45)
    figure = Figure(figsize=(3.1 * (2 + len(predicts)), row * len(chosen) + 0.6), layout="constrained")
    axes = figure.subplots(2 * len(chosen), 2 + len(predicts), squeeze=False)
    for place, index in enumerate(chosen):
        _draw_image(axes[2 * place : 2 * place + 2], evaluation, predicts, samples, index)
    for axis, head in zip(axes[0], ("image", "ground truth", *map(short_name, predicts)), strict=True):
        axis.set_title(head, fontsize=9)
    figure.suptitle(f"{evaluation.protocol}, alignment {evaluation.align}", fontsize=9)
    return save_figure(figure, folder, "grid")


def _chosen(evaluation: Evaluation) -> list[int]:
    ranked = sorted(evaluation.scored, key=lambda item: item.metrics.abs_rel if item.metrics else np.inf)
    places = (round(quantile * (len(ranked) - 1)) for quantile in QUANTILES)
    return [ranked[place].index for place in dict.fromkeys(places)]


def _draw_image(
    axes: Shaped[np.ndarray, "2 columns"],
    evaluation: Evaluation,
    predicts: Mapping[str, Predict],
    samples: Samples,
    index: int,
) -> None:
    """Two rows: image, truth and predictions, then the errors with both colour bars."""
    from matplotlib.colors import LogNorm

    sample, rule = samples[index], protocol_named(evaluation.protocol)
    scored = [
        score_sample(each, sample, protocol=rule, align=evaluation.align, skip_nan=evaluation.skip_nan)
        for each in predicts.values()
    ]
    near, far = np.percentile(scored[0].gt[scored[0].is_scored], (1, 99))
    look = {"cmap": "viridis_r", "norm": LogNorm(near, max(far, 1.01 * near)), "interpolation": "nearest"}
    axes[0, 0].imshow(image_of(sample))
    axes[0, 0].set_xlabel(short_origin(sample.origin), fontsize=7)
    truth = np.where(scored[0].is_scored, scored[0].gt, np.nan)
    depth = axes[0, 1].imshow(thickened(truth), **look)
    for axis, one in zip(axes[0, 2:], scored, strict=True):
        axis.imshow(one.pred, **look)
    error = None
    for axis, one in zip(axes[1, 2:], scored, strict=True):
        error = axis.imshow(_error(one), cmap="magma", vmin=0, vmax=ERROR_LIMIT, interpolation="nearest")
        axis.set_xlabel(f"abs_rel {one.metrics.abs_rel:.3f}", fontsize=8)
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
    for axis in axes[1, :2]:
        axis.set_axis_off()
    unit = "m" if sample.truth == "metric" else "unit of the ground truth"
    _bars(axes, depth, error, unit=unit)


def _bars(axes: Shaped[np.ndarray, "2 columns"], depth: object, error: object, *, unit: str) -> None:
    """The colour bars, in the free cells below image and truth."""
    from matplotlib.ticker import LogLocator

    figure = axes[0, 0].figure
    for axis, shown, label, ticks in (
        (axes[1, 0], error, "|p - g| / g", None),
        (axes[1, 1], depth, f"depth [{unit}]", LogLocator(subs=(1, 1.5, 2, 3, 5, 7))),
    ):
        place = axis.inset_axes((0.05, 0.5, 0.9, 0.14))
        bar = figure.colorbar(shown, cax=place, orientation="horizontal", ticks=ticks, format="{x:g}")
        bar.minorticks_off()
        bar.set_label(label, fontsize=8)
        bar.ax.tick_params(labelsize=7)


def _error(scored: ScoredImage) -> Shaped[np.ndarray, "h w"]:
    truth = np.where(scored.is_scored, scored.gt, np.nan)
    return thickened(np.abs(scored.pred - truth) / truth)
