"""Labels and measured depth of the same images, joined by the name of the image."""

from dataclasses import replace

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.data.loading.collate import collate
from hondo.data.loading.measured_depth import WithMeasured
from tests.data.loading.conftest import tiny_samples


def test_joined_by_image_whatever_the_order():
    labels = tiny_samples(4)
    lidar = [replace(sample, depth_gt=2 * sample.depth_gt) for sample in reversed(labels[1:])]
    joined = WithMeasured(labels, lidar)
    assert joined.origins == ("1", "2", "3") and len(joined) == 3
    assert torch.equal(joined[0].measured, 2 * labels[1].depth_gt) and torch.equal(
        joined[0].depth_gt, labels[1].depth_gt
    )
    batch = collate([joined[0], joined[2]])
    assert torch.equal(batch.measured[1], 2 * labels[3].depth_gt) and batch.is_measured.dtype == torch.bool
    assert collate([joined[0], labels[0]]).measured is None


def test_refusals():
    labels = tiny_samples(2)
    with pytest.raises(HondoError, match="no image has both"):
        WithMeasured(labels, [replace(sample, origin="x" + sample.origin) for sample in labels])
    small = Sample(image=torch.zeros(3, 4, 4), depth_gt=torch.ones(1, 4, 4), valid=torch.ones(1, 4, 4) > 0, origin="0")
    with pytest.raises(HondoError, match="different sizes"):
        WithMeasured(labels, [small])[0]
    with pytest.raises(HondoError, match="come together"):
        Sample(image=torch.zeros(3, 4, 4), measured=torch.ones(1, 4, 4))
