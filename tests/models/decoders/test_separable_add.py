"""FastDepth's decoder fits every pyramid of strides 2 to 32."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.models.decoders.separable_add import SeparableAdd

CHANNELS, STRIDES = (3, 4, 5, 6, 7), (2, 4, 8, 16, 32)


def features(size_hw: tuple[int, int] = (64, 96)) -> list[Tensor]:
    return [
        torch.rand(2, c, size_hw[0] // s, size_hw[1] // s, requires_grad=True)
        for c, s in zip(CHANNELS, STRIDES, strict=True)
    ]


def test_one_map_of_the_images_size_that_is_not_negative() -> None:
    (depth,) = SeparableAdd(channels=CHANNELS, strides=STRIDES, widths=(8, 4))(features())
    assert depth.shape == (2, 1, 64, 96) and depth.min() >= 0


def test_the_maps_at_2_4_8_are_added_and_the_one_at_16_is_not_used() -> None:
    given = features()
    SeparableAdd(channels=CHANNELS, strides=STRIDES, widths=(8, 4))(given)[0].sum().backward()
    assert [x.grad is not None for x in given] == [True, True, True, False, True]


def test_the_price_is_that_of_its_description() -> None:
    decoder = SeparableAdd(channels=(64, 128, 256, 512, 1024), strides=STRIDES)
    kernels = sum(parameter.numel() for parameter in decoder.parameters() if parameter.ndim == 4)
    steps = (1024, 512, 256, 128, 64, 32)
    assert kernels == sum(25 * a + a * b for a, b in pairwise(steps)) + 32


def test_other_pyramids_and_widths_are_refused() -> None:
    with pytest.raises(HondoError, match="needs feature maps at strides"):
        SeparableAdd(channels=(8, 8), strides=(4, 8))
    with pytest.raises(HondoError, match="two widths"):
        SeparableAdd(channels=CHANNELS, strides=STRIDES, widths=(8,))
