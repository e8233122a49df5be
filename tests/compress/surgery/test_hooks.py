"""Hooks at other blocks."""

import pytest
import torch

from hondo.compress.surgery.hooks import move_hooks
from hondo.core.errors import HondoError
from hondo.models.registry.build_model import build_model
from tests.compress.conftest import TINY_HYBRID


def test_the_same_hooks_change_nothing(hybrid, plain, output) -> None:
    for model, hooks in ((hybrid, (0, 1)), (plain, (0, 1, 2, 3))):
        result = move_hooks(model, hooks)
        assert torch.equal(output(result.model), output(model)) and result.kept.fresh == 0


def test_earlier_blocks_keep_their_weights_and_later_ones_go() -> None:
    model = build_model("dpt-fast", "random", **TINY_HYBRID | {"hooks": (1, 3)})
    result = move_hooks(model, (0, 1, 0, 2))  # the CNN's stages first
    encoder = result.model.network.encoder
    assert encoder.hooks == (0, 2) and len(encoder.blocks) == 3
    assert result.kept.fresh == 0 and result.kept.notes == ("1 blocks dropped",)
    tokens = torch.randn(1, 24 + 1, 192)
    with torch.no_grad():
        for old, new in zip(model.network.encoder.blocks, encoder.blocks, strict=False):
            assert torch.equal(old(tokens, (4, 6)), new(tokens, (4, 6)))


@pytest.mark.parametrize("hooks", [(1, 0), (0, 2), (0,), (0, 1, 5)])
def test_hooks_out_of_order_or_beyond_the_blocks_are_refused(hooks: tuple[int, ...], hybrid) -> None:
    with pytest.raises(HondoError, match=r"2 rising block indices below 2.*this model has 2 blocks and hooks 0,1"):
        move_hooks(hybrid, hooks)
