"""Transformer blocks at the bottleneck: finer maps stay, the coarsest sees everything."""

import pytest
import torch

from hondo.models.base.macs import count_macs
from hondo.models.encoders.light import LightEncoder
from hondo.models.families.vtdepth import (
    BottleneckTransformer,
    puretransformer,
    shuffle_unet,
    vtdepth_b0,
    vtdepth_b1,
    vtdepth_c0,
    vtdepth_pvtv1_tiny,
)


def test_only_the_coarsest_map_changes_and_sees_the_whole_image() -> None:
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


def test_macs_agree_with_the_published_number() -> None:
    with torch.device("meta"):
        model = vtdepth_b0()
    assert count_macs(model, size_hw=(192, 640)) == pytest.approx(7.0e9, rel=0.05)


def test_only_the_resnet_wants_its_images_normalised() -> None:
    with torch.device("meta"):
        plain, resnet = vtdepth_b1().input_spec, vtdepth_c0().input_spec
    assert plain.mean == (0.0, 0.0, 0.0) and plain.std == (1.0, 1.0, 1.0)
    assert resnet.mean == (0.45, 0.45, 0.45) and resnet.std == (0.225, 0.225, 0.225)


@pytest.mark.parametrize("build", [puretransformer, shuffle_unet])
@pytest.mark.parametrize("encoder", ["timm:resnet18", "timm:mobilenetv3_small_100", "light"])
def test_both_decoders_take_any_encoder_by_name(build, encoder: str) -> None:
    model = build(encoder=encoder, min_depth=0.5, max_depth=50.0).eval()
    with torch.no_grad():
        maps = model(torch.rand(1, 3, 96, 64))
    assert [tuple(depth.shape[-2:]) for depth in maps] == [(96, 64), (48, 32), (24, 16), (12, 8)]
    assert all(depth.min() >= 1 / 50 and depth.max() <= 2 for depth in maps)
    assert model.input_spec.mean != (0.0, 0.0, 0.0)


def test_the_same_image_at_any_place_in_the_batch_gives_the_same_depth() -> None:
    torch.manual_seed(0)
    model = vtdepth_pvtv1_tiny(positions_hw=(64, 96)).eval()
    images = torch.rand(2, 3, 128, 32)
    with torch.no_grad():
        together, alone = model(images)[0], model(images[1:])[0]
    assert torch.allclose(together[1:], alone, atol=1e-4)
