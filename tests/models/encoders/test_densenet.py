"""DenseNets cut after their transitions."""

import torch

from hondo.models.encoders.densenet import densenet161


def test_narrow_maps_at_every_stride() -> None:
    encoder = densenet161().eval()
    assert encoder.channels == (96, 96, 192, 384, 2208) and encoder.strides == (2, 4, 8, 16, 32)
    with torch.no_grad():
        maps = encoder(torch.rand(1, 3, 32, 64))
    assert [tuple(x.shape[1:]) for x in maps] == [
        (c, 32 // s, 64 // s) for c, s in zip(encoder.channels, encoder.strides, strict=True)
    ]
