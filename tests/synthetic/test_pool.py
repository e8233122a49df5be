"""The store of rendered images."""

from pathlib import Path

import numpy as np
import pytest

from hondo.synthetic.pool import LAYOUTS, Pool, depth_file, image_file, render_pool, render_shard

SHARDS = 2  # a 4:3 one and a wide one


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    for number in range(SHARDS):
        render_shard(folder, number, seed=4, scenes=2, views=2)
    return folder


def test_a_shard_is_a_function_of_seed_and_number(folder: Path, tmp_path: Path) -> None:
    render_shard(tmp_path, 1, seed=4, scenes=2, views=2)
    for file in (image_file, depth_file):
        assert np.array_equal(np.load(file(folder, 1)), np.load(file(tmp_path, 1)))
    assert not list(folder.glob("*tmp*"))


def test_pool_reads_what_was_rendered(folder: Path) -> None:
    pool = Pool(folder, shards=SHARDS)
    assert pool.sizes == [LAYOUTS[0].size_hw, LAYOUTS[1].size_hw]
    assert 1 <= len(pool) <= 4 * SHARDS
    image, depth = pool.read(*pool.places[0])
    assert image.dtype == np.uint8 and image.shape == (*depth.shape, 3)
    assert (depth.astype(np.float32) > 0.04).all()


def test_what_is_there_is_not_rendered_again(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert render_pool(folder, shards=SHARDS, seed=4) == 0
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
