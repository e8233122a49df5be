"""The mean of a map and the mirrored map of the mirrored image, in the map's own unit."""

import numpy as np
import pytest
import torch

from hondo.core.sample import Sample
from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.evaluate.accuracy.flip_average import flip_averaged

IMAGE = torch.rand(3, 4, 6, generator=torch.Generator().manual_seed(0))


def left_is_doubled(sample: Sample) -> DepthMap:
    """A map of the image's red, wrong by a factor of 2 in the left half of what it is shown."""
    values = sample.image[0].numpy().copy() + 0.1
    values[:, :3] *= 2
    return DepthMap(values=values, kind=DepthKind.METRIC_INVERSE_DEPTH, camera=sample.camera)


@pytest.mark.parametrize("camera", [None, Camera(fx=5, fy=5, cx=1, cy=2, size_hw=(4, 6))])
def test_what_is_wrong_on_one_side_is_shared_by_both(camera: Camera | None) -> None:
    found = flip_averaged(left_is_doubled)(Sample(image=IMAGE, camera=camera))
    assert np.allclose(found.values, 1.5 * (IMAGE[0].numpy() + 0.1))  # inverse depth: the mean of the values as such
    assert found.kind is DepthKind.METRIC_INVERSE_DEPTH and found.camera == camera


def test_a_map_that_follows_the_image_is_unchanged() -> None:
    def red(sample: Sample) -> DepthMap:
        return DepthMap(values=sample.image[0].numpy() + 1, kind=DepthKind.METRIC_DEPTH)

    assert (flip_averaged(red)(Sample(image=IMAGE)).values == IMAGE[0].numpy() + 1).all()
