"""Transformer blocks at the bottleneck: finer maps stay, the coarsest sees everything."""

import torch

from hondo.models.encoders.bottleneck import BottleneckTransformer
from hondo.models.encoders.light import LightEncoder


def test_only_the_coarsest_map_changes_and_sees_the_whole_picture() -> None:
    torch.manual_seed(0)
    inner = LightEncoder().eval()
    encoder = BottleneckTransformer(inner, blocks=2, num_heads=4, mlp_ratio=2).eval()
    image = torch.rand(2, 3, 64, 160, requires_grad=True)
    *finer, coarsest = encoder(image)
    *plain, before = inner(image)
    assert all(torch.equal(a, b) for a, b in zip(finer, plain, strict=True))
    assert coarsest.shape == before.shape and len(encoder.blocks) == 2
    coarsest[0, :, 0, 0].sum().backward()
    assert image.grad is not None and image.grad[0, :, :, -8:].abs().sum() > 0
    assert image.grad[1].abs().sum() == 0


def test_is_an_encoder_like_the_one_inside() -> None:
    inner = LightEncoder(in_channels=6)
    encoder = BottleneckTransformer(inner, blocks=1, num_heads=2, mlp_ratio=2).eval()
    assert (encoder.channels, encoder.strides, encoder.mean) == (inner.channels, inner.strides, inner.mean)
    assert encoder(torch.rand(1, 6, 32, 32))[-1].shape == (1, 160, 1, 1)
