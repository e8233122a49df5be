"""BTS's decoder."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.decoders.planar_guidance import STRIDES, PlanarGuidance, narrowing

CHANNELS = (4, 4, 5, 6, 7)


def features() -> list[torch.Tensor]:
    return [torch.randn(2, c, 64 // s, 96 // s) for c, s in zip(CHANNELS, STRIDES, strict=True)]


def test_full_size_within_the_range_and_a_gradient_in_every_parameter() -> None:
    torch.manual_seed(0)
    decoder = PlanarGuidance(channels=CHANNELS, strides=STRIDES, max_depth=10, width=256)
    (depth,) = decoder(features())
    assert depth.shape == (2, 1, 64, 96) and depth.min() > 0 and depth.max() < 10
    depth.sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in decoder.parameters())


def test_the_focal_lengths_factor_scales_depth() -> None:
    torch.manual_seed(0)
    decoder = PlanarGuidance(channels=CHANNELS, strides=STRIDES, max_depth=10, width=256).eval()
    given = features()
    with torch.no_grad():
        (plain,) = decoder(given)
        decoder.factor = 1.5
        assert torch.allclose(decoder(given)[0], 1.5 * plain)


def test_channels_narrow_by_halves() -> None:
    convs = [module for module in narrowing(128, 64, outputs=3).modules() if isinstance(module, torch.nn.Conv2d)]
    assert [conv.out_channels for conv in convs] == [64, 32, 16, 8, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strides": (4, 8, 16, 32, 64)}, "needs an encoder with strides"),
        ({"width": 300}, "power of two of at least 256, got 300"),
        ({"max_depth": 0.0}, "positive metres, got 0"),
    ],
)
def test_wrong_numbers_are_refused(options: dict, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        PlanarGuidance(**{"channels": CHANNELS, "strides": STRIDES, "max_depth": 10.0} | options)
