"""A raw output as inverse depth."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.decoders.inverse_depth import InverseDepth


def test_the_ends_and_the_middle() -> None:
    logit = torch.tensor([-200.0, 0.0, 200.0]).view(1, 1, 1, 3)
    out = InverseDepth(min_depth=0.5, max_depth=50.0)(logit).flatten()
    assert torch.allclose(out, torch.tensor([0.02, 1.01, 2.0]))


def test_half_precision_keeps_the_far_end() -> None:
    assert InverseDepth()(torch.zeros(1, 1, 2, 2, dtype=torch.bfloat16)).dtype == torch.float32


def test_wrong_ends_are_refused() -> None:
    with pytest.raises(HondoError, match="0 < min_depth < max_depth, got 5 and 2"):
        InverseDepth(min_depth=5, max_depth=2)
