"""Flip averaging: the mean of a model's map and of the mirrored map of the mirrored image (Godard et al. 2017)."""

from collections.abc import Callable
from dataclasses import replace

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.core.types import DepthMap


def flip_averaged(predict: Callable[[Sample], DepthMap]) -> Callable[[Sample], DepthMap]:
    """``predict`` for an image and its mirror image, averaged in the unit of the map (inverse depth as such).

    The published variant takes the borders from one map alone; here every pixel is the plain mean.
    """

    def averaged(sample: Sample) -> DepthMap:
        camera = None if sample.camera is None else sample.camera.flipped()
        first = predict(sample)
        second = predict(Sample(image=sample.image.flip(-1), camera=camera, origin=sample.origin))
        if first.kind is not second.kind or first.values.shape != second.values.shape:
            raise HondoError(f"the map of the mirrored image is {second.kind}, that of the image {first.kind}")
        return replace(first, values=(first.values + second.values[:, ::-1]) / 2)

    return averaged
