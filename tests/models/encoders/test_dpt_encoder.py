"""Encoders of DPT: which blocks are read, and what is refused."""

import pytest

from hondo.core.errors import HondoError
from hondo.models.encoders.dpt_encoder import checked_hooks, dpt_encoder, evenly
from hondo.models.encoders.vit import ViTUse


def test_hooks_are_spread_evenly() -> None:
    assert evenly(12) == (2, 5, 8, 11) and evenly(24) == (5, 11, 17, 23)


@pytest.mark.parametrize("hooks", [(0, 1, 2), (0, 2, 1, 3), (-1, 1, 2, 3), (1, 2, 3, 12)])
def test_refuses_hooks(hooks: tuple[int, ...]) -> None:
    with pytest.raises(HondoError, match="4 rising block indices below 12"):
        checked_hooks(hooks, depth=12, count=4, encoder="x")


def test_refuses_unknown_encoders() -> None:
    with pytest.raises(HondoError, match="encoder 'no-such-network'"):
        dpt_encoder("no-such-network", ViTUse(hooks=None), size_hw=(64, 64))
