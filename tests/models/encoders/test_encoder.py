"""Stages one after the other."""

import torch
from torch import nn

from hondo.models.encoders.encoder import Staged


def test_every_stage_takes_the_map_of_the_one_before() -> None:
    encoder = Staged(nn.AvgPool2d(2) for _ in range(3))
    image = torch.rand(2, 3, 8, 16)
    maps = encoder(image)
    assert [tuple(x.shape[2:]) for x in maps] == [(4, 8), (2, 4), (1, 2)]
    assert torch.allclose(maps[-1].mean((2, 3)), image.mean((2, 3)))
    assert torch.equal(maps[1], encoder.stages[1](maps[0]))
