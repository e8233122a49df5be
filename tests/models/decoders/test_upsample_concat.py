"""AdaBins' convolutional decoder."""

import pytest
import torch

from hondo.models.decoders.upsample_concat import UpsampleConcat


@pytest.mark.parametrize("channels", [(3, 4, 5), (3, 4, 5, 6, 7)])
def test_any_pyramid_gives_one_map_of_the_finest_size(channels: tuple[int, ...]) -> None:
    features = [torch.rand(2, c, 64 >> n, 96 >> n, requires_grad=True) for n, c in enumerate(channels)]
    out = UpsampleConcat(channels=channels, width=32, outputs=9)(features)
    assert out.shape == (2, 9, 64, 96)
    out.sum().backward()
    assert all(feature.grad is not None for feature in features)


def test_the_deepest_map_grows_a_border_of_the_bias() -> None:
    decoder = UpsampleConcat(channels=(3, 4), width=8, outputs=2)
    out = decoder.reduce(torch.rand(1, 4, 5, 6))
    assert out.shape == (1, 8, 7, 8)
    assert torch.equal(out[0, :, 0], decoder.reduce.bias[:, None].expand(8, 8))
