"""Keys that stand for several tokens."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.fixed_patterns.memory_compressed import CompressedMix, memory_compressed_attention


def test_it_starts_as_averages_of_successive_tokens() -> None:
    mix = CompressedMix(dim=2, factor=2)
    x = torch.tensor([1.0, 3, 5])[None, None, :, None].expand(1, 1, 3, 2)
    assert mix._compressed(x, mix.keys)[0, 0, :, 0].tolist() == [2, 5]  # the last group repeats its last token


def test_a_factor_is_at_least_one() -> None:
    with pytest.raises(HondoError, match="factor=0"):
        memory_compressed_attention(dim=8, num_heads=2, factor=0)
