"""The first pyramid vision transformer."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.encoders.pvt import PVT, pvt_tiny


def test_depths_make_the_variants() -> None:
    encoder = PVT(depths=(1, 2, 1, 1))
    assert [len(stage.blocks) for stage in encoder.stages] == [1, 2, 1, 1]
    assert [stage.positions.weight.shape[1] for stage in encoder.stages] == [56 * 56, 28 * 28, 14 * 14, 1 + 7 * 7]


def test_positions_matter_and_fit_every_size() -> None:
    torch.manual_seed(0)
    encoder = PVT(depths=(1, 1, 1, 1), positions_hw=(64, 96)).eval()
    flat = torch.full((1, 3, 96, 64), 0.5)
    with torch.no_grad():
        maps = encoder(flat)
        assert [tuple(x.shape[-2:]) for x in maps] == [(24, 16), (12, 8), (6, 4), (3, 2)]
        assert maps[0].flatten(2).std(-1).max() > 1e-3  # nothing else could tell the places apart
        for stage in encoder.stages:
            stage.positions.weight.zero_()
        assert encoder(flat)[0].flatten(2).std(-1).max() < 1e-5


def test_every_place_sees_the_class_token() -> None:
    torch.manual_seed(0)
    encoder, image = PVT(depths=(1, 1, 1, 1), positions_hw=(64, 64)).eval(), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        before = encoder(image)
        encoder.stages[-1].class_token += torch.randn(512)
        after = encoder(image)
    assert torch.equal(before[2], after[2])
    assert ((before[3] - after[3]).abs().amax(1) > 1e-6).all()


def test_what_it_does_not_have_is_refused() -> None:
    with pytest.raises(HondoError, match="no pretrained weights"):
        pvt_tiny(pretrained=True)
    with pytest.raises(HondoError, match="at least 32, got"):
        pvt_tiny(positions_hw=(16, 64))
