"""Ten small samples, and batches of them."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from hondo.core.sample import Batch, Sample
from hondo.data.loading.batches import ShuffledBatches
from hondo.data.loading.collate import collate


def tiny_samples(count: int = 10) -> list[Sample]:
    images = torch.rand(count, 3, 8, 16, generator=torch.Generator().manual_seed(1))
    depths = 1 + images.mean(1, keepdim=True)
    return [
        Sample(image=image, depth_gt=depth, valid=depth > 1.3, origin=str(number))
        for number, (image, depth) in enumerate(zip(images, depths, strict=True))
    ]


def noisy(batch: Batch, generator: torch.Generator) -> Batch:
    """An augmentation, so that resuming must restore its random numbers."""
    return replace(batch, augmented=batch.image + 0.01 * torch.randn(batch.image.shape, generator=generator))


@pytest.fixture
def batches() -> Callable[..., ShuffledBatches]:
    def make(**options) -> ShuffledBatches:
        given = {"batch_size": 4, "collate": collate, "augment": noisy, "seed": 5, "workers": 1} | options
        return ShuffledBatches(given.pop("samples", None) or tiny_samples(), **given)

    return make
