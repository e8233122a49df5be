"""What every encoder keeps: the table's, and a choice of timm's families."""

import pytest
import torch

from hondo.models.encoders.encoder import Encoder
from hondo.models.encoders.registry import ENCODERS, build_encoder

# One of each family that differs in form; any other timm name takes the same path.
TIMM = (
    "timm:resnet18",
    "timm:mobilenetv3_small_100",
    "timm:mobilenetv4_conv_small",
    "timm:efficientnet_b0",
    "timm:convnext_atto",
    "timm:pvt_v2_b0",
    "timm:repvit_m0_9",
    "timm:edgenext_xx_small",
)


@pytest.fixture(scope="module", params=[*ENCODERS, *TIMM])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    torch.manual_seed(0)
    return build_encoder(request.param).eval()  # type: ignore[attr-defined]


@pytest.mark.parametrize("multiples_hw", [(1, 2), (2, 3), (3, 1)])
def test_maps_are_as_declared(encoder: Encoder, multiples_hw: tuple[int, int]) -> None:
    height, width = (multiple * max(encoder.strides) for multiple in multiples_hw)
    assert list(encoder.strides) == sorted(set(encoder.strides))
    with torch.no_grad():
        maps = encoder(torch.rand(2, 3, height, width))
    declared = [(2, c, height // s, width // s) for c, s in zip(encoder.channels, encoder.strides, strict=True)]
    assert [tuple(x.shape) for x in maps] == declared
    assert all(torch.isfinite(x).all() for x in maps)


def test_every_parameter_gets_a_gradient(encoder: Encoder) -> None:
    maps = encoder(torch.rand(2, 3, 64, 96))
    sum(x.square().mean() for x in maps).backward()
    assert all(parameter.grad is not None for parameter in encoder.parameters())  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["light", "timm:resnet18", "timm:mobilenetv3_small_100"])
def test_takes_other_numbers_of_channels(name: str) -> None:
    assert build_encoder(name, in_channels=6)(torch.rand(2, 6, 64, 64))[0].shape[0] == 2
