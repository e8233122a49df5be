"""Batches cut from a store of rendered images."""

from pathlib import Path

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.datasets.rendered_pool import PooledBatches, network_size
from hondo.synthetic.pool import render_shard

SHARDS = 2  # a 4:3 one and a wide one


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    for number in range(SHARDS):
        render_shard(folder, number, seed=4, scenes=2, views=2)
    return folder


def batches(folder: Path, **options) -> PooledBatches:
    return PooledBatches(root=folder, shards=SHARDS, **({"area": 64 * 96, "batch_size": 3, "workers": 0} | options))


def test_batches_are_whole_and_repeatable(folder: Path) -> None:
    look = AugmentConfig(flip=0.0, jitter=1.0, noise=1.0, noise_sigma=(0.05, 0.05))
    a, b = (batches(folder, look=look, workers=workers) for workers in (0, 2))
    seen = set()
    for first, second, _ in zip(a, b, range(6)):
        assert torch.equal(first.image, second.image) and torch.equal(first.augmented, second.augmented)
        assert first.image.is_contiguous(), "the convolutions of a CPU are slower on channels-last images"
        assert first.depth_gt.shape == first.valid.shape == (3, 1, *first.image.shape[2:])
        assert first.valid.all() and (first.depth_gt > 0).all() and (first.depth_gt <= 120).all()
        assert not torch.equal(first.image, first.augmented)
        seen.add(tuple(first.image.shape[2:]))
    assert seen == {(64, 96), (32, 128)}


def test_a_resumed_stream_goes_on(folder: Path) -> None:
    stream = batches(folder)
    taken = iter(stream)
    next(taken), next(taken)
    resumed = batches(folder)
    resumed.load_state_dict(stream.state_dict())
    assert torch.equal(next(iter(resumed)).image, next(taken).image)
    with pytest.raises(HondoError, match="area"):
        batches(folder, area=96 * 128).load_state_dict(stream.state_dict())


@pytest.mark.parametrize(
    ("stored", "area", "expected"),
    [((240, 320), 192 * 256, (192, 256)), ((192, 576), 192 * 256, (128, 384)), ((320, 240), 96 * 128, (128, 96))],
)
def test_network_size(stored: tuple[int, int], area: int, expected: tuple[int, int]) -> None:
    assert network_size(stored, area) == expected
