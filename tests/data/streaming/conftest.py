"""A data set of 24 tiny samples, packed into six shards."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from hondo.core.sample import Sample
from hondo.data.streaming.pack import pack


def numbered(count: int) -> list[Sample]:
    """Images whose colour is their number."""
    return [
        Sample(
            image=torch.full((3, 8, 16), number / 255),
            depth_gt=torch.full((1, 8, 16), 1.0 + number),
            valid=torch.ones(1, 8, 16, dtype=torch.bool),
            origin=f"image {number}",
        )
        for number in range(count)
    ]


@pytest.fixture(scope="session")
def packed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    assert pack(numbered(24), folder, shard_mb=0.012).shards == 6
    return folder


@pytest.fixture
def packed(packed_once: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(packed_once, tmp_path / "packed"))


@pytest.fixture
def damage(packed: Path) -> Callable[[str], None]:
    def write(origin: str) -> None:
        from hondo.data.streaming.shards import Shards

        shards = Shards(packed)
        place = next(place for place in shards.places if place.origin == origin)
        with (packed / shards.names[place.shard]).open("r+b") as file:
            file.seek(place.offset + 600)
            file.write(b"damaged")

    return write
