"""SegFormer's encoders."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.encoders.mit import mit_b0


def test_every_mlp_is_four_times_as_wide() -> None:
    with torch.device("meta"):
        encoder = mit_b0()
    mlps = [block.mlp for i in range(4) for block in encoder.network[f"stages_{i}"].blocks]
    assert encoder.channels == (32, 64, 160, 256) and len(mlps) == 8
    assert all(mlp.fc1.out_features == 4 * mlp.fc1.in_features for mlp in mlps)


def test_pretrained_weights_are_refused() -> None:
    with pytest.raises(HondoError, match="'mit-b0' has no pretrained weights"):
        mit_b0(pretrained=True)
