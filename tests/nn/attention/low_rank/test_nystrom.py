"""The inverse by iteration, and a map that a few landmarks give exactly."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.low_rank.nystrom import inverse, mix_by_landmarks, nystrom_attention


def test_the_inverse() -> None:
    torch.manual_seed(0)
    matrix = (torch.randn(2, 6, 6) + 4 * torch.eye(6)).softmax(dim=-1)
    assert torch.allclose(inverse(matrix, steps=12), torch.linalg.inv(matrix), atol=1e-3)


def test_equal_tokens_need_one_landmark() -> None:
    q = k = torch.ones(1, 1, 6, 4)
    v = torch.arange(6.0)[None, None, :, None].expand(1, 1, 6, 4)
    assert torch.allclose(mix_by_landmarks(q, k, v, (2, 3), landmarks=1), torch.full((1, 1, 6, 4), 2.5), atol=1e-4)


def test_a_landmark_is_needed() -> None:
    with pytest.raises(HondoError, match="landmarks=0"):
        nystrom_attention(dim=8, num_heads=2, landmarks=0)
