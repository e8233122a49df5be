"""Depth as an expectation over bins."""

import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.models.decoders.adaptive_bins import AdaptiveBins, bin_centres
from hondo.models.registry.build_model import build_model
from hondo.nn.blocks.mini_vit import MiniViT
from tests.contracts.tiny import TINY


def binned(**depths: float) -> AdaptiveBins:
    torch.manual_seed(0)
    vit = MiniViT(dim=8, bins=6, queries=5, patch=4, layers=1, num_heads=2, hidden=16)
    return AdaptiveBins(FirstOnly(), vit, bins=6, **{"min_depth": 2.0, "max_depth": 10.0} | depths).eval()


class FirstOnly(nn.Module):
    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        return features[0]


def test_centres_of_equal_bins() -> None:
    centres = bin_centres(torch.full((1, 4), 0.25), min_depth=2.0, max_depth=10.0)
    assert torch.allclose(centres, torch.tensor([[3.0, 5.0, 7.0, 9.0]]))


def test_centres_are_the_running_sum_of_widths() -> None:
    torch.manual_seed(0)
    widths = torch.rand(2, 256, dtype=torch.float64).softmax(dim=1)
    wanted = 1 + 9 * (widths.cumsum(dim=1) - widths / 2)
    assert torch.allclose(bin_centres(widths, min_depth=1.0, max_depth=10.0), wanted, rtol=1e-12)


def test_depth_lies_between_the_outer_centres_that_grow() -> None:
    decoder = binned()
    with torch.no_grad():
        depth, centres = decoder.with_bins([torch.rand(2, 8, 16, 24)])
    assert depth.shape == (2, 1, 16, 24) and bool((centres.diff(dim=1) > 0).all())
    assert bool((depth > centres[:, 0].view(2, 1, 1, 1)).all() and (depth < centres[:, -1].view(2, 1, 1, 1)).all())


def test_a_sure_pixel_has_the_depth_of_its_bin() -> None:
    decoder = binned()
    nn.init.zeros_(decoder.classify.weight)
    with torch.no_grad():
        decoder.classify.bias.copy_(torch.tensor([0.0, 0, 0, 90, 0, 0]))
        depth, centres = decoder.with_bins([torch.rand(1, 8, 16, 24)])
    assert torch.allclose(depth, centres[:, 3].view(1, 1, 1, 1).expand_as(depth))


def test_ranges_that_are_none_are_refused() -> None:
    with pytest.raises(HondoError, match="0 < min_depth < max_depth"):
        binned(max_depth=1.0)


def test_bins_come_with_the_same_maps_at_any_size() -> None:
    model = build_model("adabins-nyu", weights="random", **TINY["adabins-nyu"])
    image = torch.rand(2, 3, 45, 70)
    with torch.no_grad():
        maps, centres = model.with_bins(image)
        again = model(image)
    assert len(maps) == 1 and maps[0].shape == (2, 1, 23, 35) and torch.allclose(maps[0], again[0])
    assert centres.shape == (2, 16) and centres.min() > 1e-3 and centres.max() < 10
