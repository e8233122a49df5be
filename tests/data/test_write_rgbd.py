"""Samples written as pairs are read back the same."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.data.rgbd import Rgbd
from hondo.data.write_rgbd import write_rgbd


def test_round_trip(pairs: Path, tmp_path: Path):
    samples = Rgbd(pairs)
    manifest = write_rgbd(samples, tmp_path / "out", domain="copy")
    again = Rgbd(manifest, only="copy")
    for before, after in zip(samples, again, strict=True):
        assert torch.equal(before.image, after.image) and torch.equal(before.valid, after.valid)
        assert torch.allclose(before.depth_gt, after.depth_gt, atol=0.5 / 256 + 1e-6)
        assert before.camera == after.camera


def test_too_far_is_unknown(tmp_path: Path):
    depth = torch.full((1, 4, 4), 10.0)
    depth[0, 0] = 1000.0
    sample = Sample(image=torch.rand(3, 4, 4), depth_gt=depth, valid=torch.ones(1, 4, 4, dtype=torch.bool))
    after = Rgbd(write_rgbd([sample], tmp_path))[0]
    assert not after.valid[0, 0].any() and after.valid[0, 1:].all()
    with pytest.raises(HondoError, match="no depth to write"):
        write_rgbd([replace(sample, depth_gt=None, valid=None)], tmp_path)
