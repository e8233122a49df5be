"""The split-concatenate-shuffle decoder fits any pyramid."""

import pytest
import torch

from hondo.models.decoders.split_shuffle_unet import SplitShuffleUNet


@pytest.mark.parametrize("strides", [(2, 4, 8, 16, 32), (4, 8, 16, 32), (7, 14)])
def test_one_positive_map_of_the_pictures_size(strides: tuple[int, ...]) -> None:
    channels = tuple(range(3, 3 + len(strides)))
    side = strides[-1]
    features = [
        torch.randn(2, c, 2 * side // s, 3 * side // s, requires_grad=True)
        for c, s in zip(channels, strides, strict=True)
    ]
    (depth,) = SplitShuffleUNet(channels=channels, strides=strides)(features)
    assert depth.shape == (2, 1, 2 * side, 3 * side) and depth.min() > 0
    depth.sum().backward()
    assert all(feature.grad is not None for feature in features)
