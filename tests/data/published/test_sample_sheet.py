"""A sheet shows images beside their depth, their stereo view, or with their points."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, SourceView
from hondo.core.truth_kind import TruthKind
from hondo.data.datasets.registry import open_dataset
from hondo.data.published.sample_sheet import sample_tile, write_sheet
from hondo.images.read import read_image

IMAGE = torch.full((3, 60, 80), 0.5)


def test_tiles() -> None:
    depth = torch.arange(4800.0).reshape(1, 60, 80) + 1
    tile = sample_tile(Sample(image=IMAGE, depth_gt=depth, valid=depth > 100, origin="x/a.png"))
    assert tile.shape[1] == 160 and tile.shape[0] > 60 and (tile[-60:, :80] == 128).all()
    assert np.ptp(tile[-60:, 80:].reshape(-1, 3), axis=0).min() > 100  # colours of depth
    stereo = SourceView(image=torch.zeros(3, 60, 80), role="stereo")
    assert (sample_tile(Sample(image=IMAGE, sources=(stereo,)))[-60:, 80:] == 0).all()
    assert sample_tile(Sample(image=IMAGE)).shape[1] == 80


@pytest.mark.parametrize("order", [1.0, -1.0])
def test_points(order: float) -> None:
    pairs = torch.tensor([[10.5, 30.5, 60.5, 30.5, order]])
    tile = sample_tile(Sample(image=IMAGE, pairs=pairs, truth=TruthKind.ORDINAL))[-60:]
    nearer, farther = ((30, 10), (30, 60)) if order > 0 else ((30, 60), (30, 10))
    assert tile[nearer].tolist() == [255, 64, 64] and tile[farther].tolist() == [64, 128, 255]


def test_a_sheet_of_a_data_set(tree: Callable[[str], Path], tmp_path: Path) -> None:
    samples = open_dataset("redweb", root=tree("redweb"))
    assert read_image(write_sheet(samples, tmp_path / "sheet.png", count=4)).shape[1] == 640
    with pytest.raises(HondoError, match="count must be 1 or more"):
        write_sheet(samples, tmp_path / "sheet.png", count=0)
