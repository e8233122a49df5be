"""Averages over segments are those of adaptive pooling."""

import pytest
import torch
from torch.nn import functional as F

from hondo.nn.attention.low_rank.segments import averages


@pytest.mark.parametrize(("count", "segments"), [(6, 3), (7, 3), (3, 7), (5, 5), (1, 4)])
def test_they_are_adaptive_pooling(count: int, segments: int) -> None:
    x = torch.randn(1, 1, count)
    given = averages(count, segments=segments, device=x.device) @ x[0, 0]
    assert torch.allclose(given, F.adaptive_avg_pool1d(x, segments)[0, 0], atol=1e-6)
