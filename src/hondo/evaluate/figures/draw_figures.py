"""Figures of an evaluation: contact sheets of the best, median and worst images, and error histograms."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped, UInt8

from hondo.core.sample import Sample, Samples
from hondo.evaluate.accuracy.evaluation import Evaluation, Item, Predict, image_of, score_sample
from hondo.evaluate.accuracy.score_image import ScoredImage
from hondo.evaluate.protocols import protocol_named
from hondo.geometry.depth_units import invert_depth
from hondo.images.read import write_image

ROWS_PER_SHEET = 4
ERROR_LIMIT = 0.5  # abs_rel of the full colour in the error column
_COLUMNS = ("image", "predicted depth", "ground truth", f"|p - g| / g (0 to {ERROR_LIMIT})")


def write_figures(evaluation: Evaluation, predict: Predict, samples: Samples, folder: Path) -> list[Path]:
    """best.png, median.png, worst.png (contact sheets by abs_rel) and errors.png (histograms)."""
    folder.mkdir(parents=True, exist_ok=True)
    ranked = sorted(evaluation.scored, key=_abs_rel)
    count, middle = min(ROWS_PER_SHEET, len(ranked)), len(ranked) // 2
    start = max(0, min(middle - count // 2, len(ranked) - count))
    chosen = {"best": ranked[:count], "median": ranked[start : start + count], "worst": ranked[::-1][:count]}
    written = []
    for name, items in chosen.items():
        sheet = contact_sheet(evaluation, predict, samples, items, title=f"{evaluation.subject}: {name} by abs_rel")
        written.append(write_image(folder / f"{name}.png", sheet))
    return [*written, write_image(folder / "errors.png", error_histogram(evaluation))]


def contact_sheet(
    evaluation: Evaluation, predict: Predict, samples: Samples, items: Sequence[Item], *, title: str
) -> UInt8[np.ndarray, "h w 3"]:
    """One row an image: image, prediction and ground truth in the same colours (metres), relative error."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 2.6 * len(items) + 0.6), layout="constrained")
    axes = figure.subplots(len(items), len(_COLUMNS), squeeze=False)
    for row, item in zip(axes, items, strict=True):
        sample = samples[item.index]
        protocol = protocol_named(evaluation.protocol)
        scored = score_sample(predict, sample, protocol=protocol, align=evaluation.align, skip_nan=evaluation.skip_nan)
        _draw_row(row, sample, scored)
        row[0].set_ylabel(f"abs_rel {_abs_rel(item):.3f}", fontsize=8)
        row[0].set_xlabel(short_origin(item.origin), fontsize=7)
    for axis, head in zip(axes[0], _COLUMNS, strict=True):
        axis.set_title(head, fontsize=9)
    figure.suptitle(f"{title} ({evaluation.protocol}, alignment {evaluation.align})", fontsize=10)
    return _rendered(figure)


def error_histogram(evaluation: Evaluation) -> UInt8[np.ndarray, "h w 3"]:
    """Histograms of abs_rel and delta1 over images."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    for axis, name in zip(figure.subplots(1, 2), ("abs_rel", "delta1"), strict=True):
        values = [getattr(item.metrics, name) for item in evaluation.scored]
        axis.hist(values, bins=30, color="#35618f")
        axis.axvline(float(np.mean(values)), color="#c0392b", label=f"mean {np.mean(values):.3f}")
        axis.axvline(float(np.median(values)), color="#222222", linestyle=":", label=f"median {np.median(values):.3f}")
        axis.set_xlabel(name)
        axis.set_ylabel("images")
        axis.legend(fontsize=8)
    figure.suptitle(f"{evaluation.subject}: {evaluation.protocol}, alignment {evaluation.align}", fontsize=10)
    return _rendered(figure)


def _draw_row(row: Shaped[np.ndarray, " columns"], sample: Sample, scored: ScoredImage) -> None:
    known = scored.gt[scored.is_scored]
    near, far = np.percentile(known, (2, 98))
    limits = {"cmap": "viridis", "vmin": 1 / far, "vmax": max(1 / near, 1 / far + 1e-9), "interpolation": "nearest"}
    truth = np.where(scored.is_scored, scored.gt, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(scored.pred - truth) / truth
        row[0].imshow(image_of(sample))
        row[1].imshow(invert_depth(scored.pred), **limits)
        row[2].imshow(thickened(invert_depth(truth)), **limits)
        row[3].imshow(thickened(error), cmap="magma", vmin=0, vmax=ERROR_LIMIT, interpolation="nearest")
    for axis in row:
        axis.set_xticks([])
        axis.set_yticks([])


def thickened(values: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Sparse points as 5x5 blocks, so that LiDAR is visible; dense maps unchanged."""
    if np.isfinite(values).mean() > 0.25:
        return values
    import cv2

    low = np.where(np.isfinite(values), values, -1.0)
    grown = cv2.dilate(low, np.ones((5, 5)))
    return np.where(grown < 0, np.nan, grown)


def _rendered(figure: object) -> UInt8[np.ndarray, "h w 3"]:
    """uint8 (h w 3) RGB."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)  # pyright: ignore[reportArgumentType]
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])


def _abs_rel(item: Item) -> float:
    assert item.metrics is not None, "only scored items are drawn"
    return item.metrics.abs_rel


def short_origin(origin: str) -> str:
    """The last parts of a path."""
    return "/".join(Path(origin).parts[-3:])
