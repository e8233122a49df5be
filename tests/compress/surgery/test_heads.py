"""Fewer heads."""

import pytest
import torch

from hondo.compress.surgery.heads import keep_heads, reslice_heads
from hondo.core.errors import HondoError
from hondo.models.registry.build_model import build_model
from tests.compress.conftest import TINY_HYBRID


def test_all_heads_are_the_model_itself(hybrid, output) -> None:
    for result in (keep_heads(hybrid, 3), reslice_heads(hybrid, 3)):
        assert torch.equal(output(result.model), output(hybrid))


def test_resliced_heads_hold_the_same_weights(hybrid) -> None:
    result = reslice_heads(hybrid, 1)
    assert result.kept.equal == result.kept.total and result.model.network.encoder.blocks[0].attn.num_heads == 1
    with pytest.raises(HondoError, match="5 heads do not divide the 192 channels"):
        reslice_heads(hybrid, 5)


def test_heads_that_add_nothing_can_go(output) -> None:
    torch.manual_seed(0)
    model = build_model("dpt-fast", "random", **TINY_HYBRID)
    for block, silent in zip(model.network.encoder.blocks, (0, 2), strict=True):
        with torch.no_grad():
            block.attn.proj.weight[:, 64 * silent : 64 * silent + 64] = 0
    for by in ("norm", "activation", "gradient"):
        result = keep_heads(model, 2, by=by, images=(torch.rand(1, 3, 64, 96),))
        assert result.model.network.encoder.blocks[0].attn.qkv.out_features == 3 * 128
        assert torch.allclose(output(result.model), output(model), rtol=1e-5)
    again = reslice_heads(result.model, 1)  # of the width that is left
    assert again.model.network.encoder.blocks[0].attn.head_dim == 128 and again.kept.fresh == 0


def test_heads_of_a_performer_go_by_their_weights(hybrid) -> None:
    model = build_model("dpt-fast", "random", **TINY_HYBRID, attention="performer")
    result = reslice_heads(model, 1)
    assert result.model.network.encoder.blocks[0].attn.to_q.out_features == 64 and result.kept.fresh == 0


def test_wrong_requests_are_refused(hybrid) -> None:
    with pytest.raises(HondoError, match="keep 1 to 3, got 4"):
        keep_heads(hybrid, 4)
    with pytest.raises(HondoError, match="give calibration images"):
        keep_heads(hybrid, 1, by="gradient")
    linear = build_model("dpt-fast", "random", **TINY_HYBRID, attention="linear")
    with pytest.raises(HondoError, match="softmax and performer attention alone"):
        keep_heads(linear, 1)
    without = build_model("dpt-fast", "random", **TINY_HYBRID, attention="cross-covariance")
    with pytest.raises(HondoError, match="no heads to change"):
        reslice_heads(without, 1)
