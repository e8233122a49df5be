"""Our own light encoder."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.encoders.light import LightEncoder, light_encoder


def test_other_channels_make_another_width() -> None:
    encoder = LightEncoder(channels=(4, 4, 8, 8, 16)).eval()
    assert [x.shape[1] for x in encoder(torch.rand(1, 3, 32, 32))] == [4, 4, 8, 8, 16]


def test_it_is_light() -> None:
    assert sum(parameter.numel() for parameter in light_encoder().parameters()) < 300_000


def test_there_is_nothing_pretrained() -> None:
    with pytest.raises(HondoError, match="no pretrained weights"):
        light_encoder(pretrained=True)
