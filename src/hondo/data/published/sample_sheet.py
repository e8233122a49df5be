"""A sheet of samples of any data set: each image beside its depth, with what is known of it."""

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, Samples
from hondo.core.types import DepthKind, DepthMap
from hondo.images.colour import colourise
from hondo.images.draw import captioned, contact_sheet, side_by_side
from hondo.images.pixels import tensor_to_rgb8
from hondo.images.read import write_image

Rgb = UInt8[np.ndarray, "_ _ 3"]

_POINT_COLOURS = ((255, 64, 64), (64, 128, 255))  # the nearer point of a pair, the farther one


def write_sheet(
    samples: Samples, path: Path, *, count: int = 8, track: Callable[[Iterable[int]], Iterable[int]] = iter
) -> Path:
    """A sheet of ``count`` samples spread over the data set, as an image file."""
    if count < 1:
        raise HondoError(f"count must be 1 or more, got {count}")
    step = max(1, len(samples) // count)
    tiles = [sample_tile(samples[index]) for index in track(range(0, len(samples), step)[:count])]
    return write_image(path, contact_sheet(tiles, columns=2, tile_width=640))


def sample_tile(sample: Sample) -> Rgb:
    """The image beside its depth (or stereo view, or with its pair of points), and a line of what is known."""
    image = tensor_to_rgb8(sample.image)
    images = [image]
    if sample.pairs is not None:
        images = [_with_points(image, sample)]
    if sample.depth_gt is not None and sample.valid is not None:
        images.append(_depth_colours(sample))
    elif sample.sources:
        images.append(tensor_to_rgb8(sample.sources[0].image))
    return captioned(side_by_side(images), _caption(sample)) if image.shape[1] >= 64 else side_by_side(images)


def _depth_colours(sample: Sample) -> Rgb:
    assert sample.depth_gt is not None and sample.valid is not None
    values = np.where(sample.valid[0].numpy(), sample.depth_gt[0].numpy(), np.nan)
    return colourise(DepthMap(values=values.astype(np.float32), kind=DepthKind.METRIC_DEPTH))


def _with_points(image: Rgb, sample: Sample) -> Rgb:
    assert sample.pairs is not None
    drawn = image.copy()
    for x1, y1, x2, y2, order in sample.pairs.tolist():
        colours = _POINT_COLOURS if order >= 0 else _POINT_COLOURS[::-1]
        for x, y, colour in ((x1, y1, colours[0]), (x2, y2, colours[1])):
            cv2.circle(drawn, (int(x), int(y)), max(2, image.shape[1] // 80), colour, -1)
    return drawn


def _caption(sample: Sample) -> str:
    name = Path(sample.origin).name
    if sample.depth_gt is None or sample.valid is None or not bool(sample.valid.any()):
        return f"{name} ({sample.truth})"
    known = sample.depth_gt[sample.valid]
    unit = " m" if sample.truth == "metric" else ""
    share = f"{float(sample.valid.float().mean()):.0%} known"
    return f"{name}: {float(known.min()):.3g} to {float(known.max()):.3g}{unit}, {share} ({sample.truth})"
