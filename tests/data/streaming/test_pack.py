"""What packing writes, leaves out and refuses."""

import json

import pytest

from hondo.core.errors import HondoError
from hondo.data.streaming.pack import pack
from hondo.data.streaming.shards import Shards
from tests.data.loading.test_bad_samples import Broken
from tests.data.streaming.conftest import numbered


def test_shards_and_their_index(packed_once):
    index = json.loads((packed_once / "index.json").read_text())
    names = [shard["name"] for shard in index["shards"]]
    assert names == [f"shard-{number:06d}.tar" for number in range(6)]
    assert sorted(path.name for path in packed_once.iterdir()) == ["index.json", *names]
    assert sum(len(shard["samples"]) for shard in index["shards"]) == 24


def test_what_cannot_be_read_is_left_out_and_named(tmp_path):
    result = pack(Broken(numbered(4), 1), tmp_path / "out")
    assert result.samples == 3 and result.failed == ("1.png is damaged",) and result.shards == 1
    assert result.size == (tmp_path / "out" / "shard-000000.tar").stat().st_size - 1024
    assert [sample.origin for sample in Shards(tmp_path / "out")] == ["image 0", "image 2", "image 3"]


def test_refusals(packed_once, tmp_path):
    with pytest.raises(HondoError, match="holds packed data already"):
        pack(numbered(2), packed_once)
    with pytest.raises(HondoError, match=r"no sample could be read; the first: 0\.png"):
        pack(Broken(numbered(1), 0), tmp_path / "none")
