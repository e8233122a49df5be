"""Packed data: the same samples from disk and from a URL; an epoch holds each once, in any number of processes."""

from itertools import chain, islice
from pathlib import Path

import fsspec
import pytest
import torch

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.sample import Samples
from hondo.data.datasets.registry import open_dataset
from hondo.data.loading.batches import ShuffledBatches
from hondo.data.loading.collate import collate
from hondo.data.streaming import shards as module
from hondo.data.streaming.shards import Shards, is_packed
from tests.data.streaming.conftest import numbered

ALL = {f"image {number}" for number in range(24)}


def batches(root, **options):
    return ShuffledBatches(Shards(root), **{"batch_size": 3, "collate": collate, "seed": 1} | options)


def origins(source, count=None):
    return [origin for batch in islice(iter(source), count or len(source)) for origin in batch.origins]


def test_the_samples_are_those_that_were_packed(packed_once):
    samples = open_dataset("shards", root=packed_once)
    assert isinstance(samples, Samples) and len(samples) == 24 and set(samples.origins) == ALL
    for before, after in zip(numbered(24), samples, strict=True):
        assert torch.equal(after.image, before.image) and torch.equal(after.depth_gt, before.depth_gt)
        assert after.valid.all()
    assert Shards(packed_once, size_hw=(16, 32), every=5)[1].image.shape == (3, 16, 32)
    with pytest.raises(IndexError):
        samples[24]


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("world_size", [1, 2])
def test_every_sample_once_an_epoch(packed_once, workers, world_size):
    shares = [batches(packed_once, workers=workers, rank=r, world_size=world_size) for r in range(world_size)]
    for _ in range(2):
        seen = [origins(share) for share in shares]
        assert sorted(chain(*seen)) == sorted(ALL) and len({len(each) for each in seen}) == 1
    assert origins(batches(packed_once)) != origins(batches(packed_once, seed=2))


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("stop", [1, 4, 9])  # an epoch of one of two processes has four batches
def test_a_run_resumes_exactly(packed_once, workers, stop):
    expected = origins(batches(packed_once, rank=1, world_size=2), 14)
    first = batches(packed_once, rank=1, world_size=2, workers=workers)
    seen = origins(first, stop)
    second = batches(packed_once, rank=1, world_size=2, workers=workers)
    second.load_state_dict(first.state_dict())
    assert seen + origins(second, 14 - stop) == expected


def test_processes_read_different_shards_and_few_at_once(packed_once):
    samples = Shards(packed_once)
    lists = samples.streams(torch.Generator().manual_seed(0), 2)
    of_shards = [{samples.places[number].shard for number in each} for each in lists]
    assert len(of_shards[0] & of_shards[1]) == 0 and len(of_shards[0]) == 3
    assert lists[0] != sorted(lists[0])


def test_a_damaged_member_is_skipped_and_counted(packed, damage):
    damage("image 5")
    with pytest.raises(HondoError, match=r"shard-.*image 5.* is damaged: its checksum is wrong"):
        Shards(packed)[5]
    source = batches(packed, max_bad=0.05)
    with pytest.warns(HondoWarning, match="image 5"):
        assert sorted(origins(source)) == sorted(ALL - {"image 5"})
    assert source.bad.count == 1


def test_a_url_is_fetched_shard_by_shard_and_old_shards_go(packed_once, monkeypatch):
    memory = fsspec.filesystem("memory")
    memory.put(str(packed_once), "/packed", recursive=True)
    monkeypatch.setattr(module, "KEPT_SHARDS", 2)
    remote = ShuffledBatches(Shards("memory://packed"), batch_size=3, collate=collate, seed=1)
    assert origins(remote) == origins(batches(packed_once))
    folder = remote.samples._files.folder
    assert len(list(folder.glob("*.tar"))) <= 2
    assert Shards(Path("memory://packed")).root == "memory://packed"  # as the command line gives it
    memory.rm("/packed/shard-000003.tar")
    with pytest.raises(HondoError, match="cannot be fetched"):
        [Shards("memory://packed")[number] for number in range(24)]


def test_what_is_not_packed_is_named(tmp_path, packed):
    assert not is_packed(tmp_path) and is_packed(packed) and is_packed("s3://bucket/set") and not is_packed(None)
    assert is_packed(Path("gs://bucket/set")) and not is_packed("C:/set") and not is_packed("sets/s3:/x")
    with pytest.raises(HondoError, match="hondo data pack"):
        Shards(tmp_path)
    (packed / "index.json").write_text('{"format": "other"}')
    with pytest.raises(HondoError, match="no index of packed data"):
        Shards(packed)
    with pytest.raises(HondoError, match="cannot be read"):
        Shards("nosuch://place")
