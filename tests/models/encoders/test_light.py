"""Our own light encoder."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.base.macs import count_parameters
from hondo.models.encoders.light import LightEncoder, LiteHybrid, light_encoder, litehybrid
from hondo.models.registry.build_model import build_model


def test_other_channels_make_another_width() -> None:
    encoder = LightEncoder(channels=(4, 4, 8, 8, 16)).eval()
    assert [x.shape[1] for x in encoder(torch.rand(1, 3, 32, 32))] == [4, 4, 8, 8, 16]


def test_it_is_light() -> None:
    assert sum(parameter.numel() for parameter in light_encoder().parameters()) < 300_000


def test_there_is_nothing_pretrained() -> None:
    with pytest.raises(HondoError, match="no pretrained weights"):
        light_encoder(pretrained=True)


def test_the_depth_model_on_it_is_light() -> None:
    with torch.device("meta"):
        assert 2e6 < count_parameters(build_model("unet-litehybrid", weights="random")) < 3.2e6


def test_every_place_sees_the_whole_image() -> None:
    torch.manual_seed(0)
    image = torch.rand(1, 3, 64, 96, requires_grad=True)
    litehybrid().eval()(image)[-1][0, :, 0, 0].sum().backward()
    assert image.grad is not None and image.grad[..., -8:, -8:].abs().sum() > 0


def test_takes_another_attention() -> None:
    encoder = LiteHybrid(channels=(8, 16, 24, 32), dilations=((1,), (1, 2), (3,)), attention_name="softmax")
    assert [x.shape[1] for x in encoder(torch.rand(1, 3, 32, 64))] == [8, 16, 24, 32]


def test_has_no_pretrained_weights() -> None:
    with pytest.raises(HondoError, match="no pretrained weights"):
        litehybrid(pretrained=True)
