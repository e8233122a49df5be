"""Which pyramids the decoders take."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.decoders.pyramid import InverseDepth, skips_by_stride


def test_channels_by_stride() -> None:
    assert skips_by_stride((3, 5), (4, 16), deepest=16, decoder="decoder") == {4: 3, 16: 5}


@pytest.mark.parametrize("strides", [(2, 4, 8), (14,), (3, 6, 12, 24)])
def test_other_pyramids_are_refused(strides: tuple[int, ...]) -> None:
    with pytest.raises(HondoError, match="the X needs an encoder whose strides are powers of two up to 16"):
        skips_by_stride((4,) * len(strides), strides, deepest=16, decoder="X")


def test_the_ends_and_the_middle() -> None:
    logit = torch.tensor([-200.0, 0.0, 200.0]).view(1, 1, 1, 3)
    out = InverseDepth(min_depth=0.5, max_depth=50.0)(logit).flatten()
    assert torch.allclose(out, torch.tensor([0.02, 1.01, 2.0]))


def test_half_precision_keeps_the_far_end() -> None:
    assert InverseDepth()(torch.zeros(1, 1, 2, 2, dtype=torch.bfloat16)).dtype == torch.float32


def test_wrong_ends_are_refused() -> None:
    with pytest.raises(HondoError, match="0 < min_depth < max_depth, got 5 and 2"):
        InverseDepth(min_depth=5, max_depth=2)


def test_logit_of_a_depth() -> None:
    inverse_depth = InverseDepth(min_depth=0.1, max_depth=100)
    assert inverse_depth(torch.full((1, 1, 1, 1), inverse_depth.logit_of(4.0))).item() == pytest.approx(0.25)
    with pytest.raises(HondoError, match=r"start_depth must lie between .* and 100, got 200"):
        inverse_depth.logit_of(200.0)
