"""A problem small enough to learn in a second: depth is a function of brightness."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from hondo.core.sample import Batch, Sample
from hondo.core.types import DepthKind, InputSpec
from hondo.data.loading.batches import ShuffledBatches
from hondo.models.base.depth_model import DepthModel
from hondo.train.objectives.objective_config import SupervisedConfig
from hondo.train.objectives.supervised import Supervised


def tiny_model(kind: DepthKind = DepthKind.SCALED_INVERSE_DEPTH) -> DepthModel:
    torch.manual_seed(0)
    first, last = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 1, 1)
    network = nn.Sequential(first, nn.BatchNorm2d(8), nn.ReLU(), last, nn.Softplus())
    return DepthModel(network, name="tiny", kind=kind, input_spec=InputSpec(size_hw=(8, 16), multiple_of=8))


def tiny_samples(count: int = 10) -> list[Sample]:
    images = torch.rand(count, 3, 8, 16, generator=torch.Generator().manual_seed(1))
    return [_sample(image, str(number)) for number, image in enumerate(images)]


def _sample(image: torch.Tensor, origin: str) -> Sample:
    depth = 1 + image.mean(0, keepdim=True)
    return Sample(image=image, depth_gt=depth, valid=depth > 1.3, origin=origin)


def stack(samples: list[Sample]) -> Batch:
    return Batch(
        image=torch.stack([sample.image for sample in samples]),
        depth_gt=torch.stack([sample.depth_gt for sample in samples]),
        valid=torch.stack([sample.valid for sample in samples]),
        origins=tuple(sample.origin for sample in samples),
    )


def noisy(batch: Batch, generator: torch.Generator) -> Batch:
    """An augmentation, so that resuming must restore its random numbers."""
    from dataclasses import replace

    noise = 0.01 * torch.randn(batch.image.shape, generator=generator)
    return replace(batch, augmented=batch.image + noise)


@pytest.fixture
def objective() -> Callable[[], Supervised]:
    return lambda: Supervised(tiny_model(), SupervisedConfig())


@pytest.fixture
def batches() -> Callable[..., ShuffledBatches]:
    def make(**options) -> ShuffledBatches:
        given = {"batch_size": 4, "collate": stack, "augment": noisy, "seed": 5, "workers": 1} | options
        return ShuffledBatches(given.pop("samples", None) or tiny_samples(), **given)

    return make
