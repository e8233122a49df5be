"""Multiply-accumulates against numbers worked out by hand."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs, count_parameters


class Attention(nn.Module):
    """16 x 16 tokens of 3 channels, one head."""

    def forward(self, image: Tensor) -> Tensor:
        tokens = image.flatten(2).transpose(1, 2)
        return F.scaled_dot_product_attention(tokens, tokens, tokens).transpose(1, 2).unflatten(2, (16, 16))


@pytest.mark.parametrize(
    ("network", "macs"),
    [
        (nn.Conv2d(3, 8, 3, padding=1), 16 * 16 * 3 * 8 * 9),
        (nn.Conv2d(3, 8, 3, padding=1, stride=2), 8 * 8 * 3 * 8 * 9),
        (nn.Conv2d(3, 6, 3, padding=1, groups=3, bias=False), 16 * 16 * 6 * 9),
        (nn.ConvTranspose2d(3, 5, 2, stride=2), 16 * 16 * 3 * 5 * 4),
        (nn.Linear(16, 7), 3 * 16 * 16 * 7),
        (Attention(), 2 * 256 * 256 * 3),
        (nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), nn.Upsample(scale_factor=2)), 0),
    ],
    ids=["conv", "strided", "grouped", "transposed", "linear", "attention", "nothing"],
)
def test_counts_what_the_definition_says(network: nn.Module, macs: int) -> None:
    assert count_macs(network, size_hw=(16, 16)) == macs


def test_size_and_padding_count() -> None:
    spec = InputSpec(size_hw=(16, 16), multiple_of=16)
    model = DepthModel(nn.Conv2d(3, 1, 1), name="x", kind=DepthKind.METRIC_DEPTH, input_spec=spec)
    assert count_macs(model, size_hw=(17, 16)) == 3 * 32 * 16


def test_counting_changes_nothing() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Conv2d(4, 1, 1))
    spec = InputSpec(size_hw=(16, 16), multiple_of=16)
    model = DepthModel(network, name="x", kind=DepthKind.METRIC_DEPTH, input_spec=spec).train()
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    count_macs(model)
    assert model.training and all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items())


def test_shared_parameters_count_once() -> None:
    layer = nn.Linear(4, 4)
    assert count_parameters(nn.Sequential(layer, layer)) == 20


def test_a_network_without_a_size_asks_for_one() -> None:
    with pytest.raises(HondoError, match="Conv2d states no size"):
        count_macs(nn.Conv2d(3, 1, 1))
