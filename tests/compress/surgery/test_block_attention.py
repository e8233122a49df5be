"""Another attention in blocks."""

import pytest
import torch

from hondo.compress.surgery.block_attention import moved_weights, swap_attention
from hondo.core.errors import HondoError
from hondo.nn.attention.registry import ATTENTION, attention


def test_softmax_for_softmax_changes_nothing(hybrid, plain, output) -> None:
    for model in (hybrid, plain):
        result = swap_attention(model, "softmax")
        assert torch.equal(output(result.model), output(model)) and result.kept.fresh == 0


@pytest.mark.parametrize("name", list(ATTENTION))
def test_queries_keys_values_and_output_move_along(name: str) -> None:
    torch.manual_seed(0)
    old = attention("softmax", dim=128, num_heads=2)
    new = attention(name, dim=128, num_heads=2)
    moved, lost = moved_weights(old.state_dict(), new.state_dict())
    missing = new.load_state_dict(moved, strict=False).missing_keys
    assert not [key for key in missing if key.startswith(("q", "kv", "to_", "proj."))]
    x = torch.randn(1, 6, 128)
    if hasattr(new, "to_q"):
        assert torch.equal(new.to_q(x), x @ old.qkv.weight[:128].T) and lost == "q bias, k bias, v bias"
    if hasattr(new, "qv"):
        assert torch.equal(new.qv.weight, torch.cat([old.qkv.weight[:128], old.qkv.weight[256:]]))
        assert lost == "k weight, k bias"


def test_back_from_a_performer_biases_are_zero() -> None:
    performer, softmax = attention("performer", dim=128, num_heads=2), attention("softmax", dim=128, num_heads=2)
    moved, lost = moved_weights(performer.state_dict(), softmax.state_dict())
    assert moved["qkv.weight"].shape == (384, 128) and not moved["qkv.bias"].any() and not lost


def test_some_blocks_and_what_starts_fresh(hybrid) -> None:
    result = swap_attention(hybrid, "spatial-reduction", blocks=(1,))
    assert result.model.options["attention"] == ("softmax", "spatial-reduction")
    assert set(result.kept.fresh_layers) == {"encoder.blocks.1.attn"} | {
        layer for layer in result.kept.fresh_layers if layer.startswith("encoder.blocks.1.attn")
    }
    assert result.kept.fresh > 0


def test_wrong_requests_are_refused(hybrid) -> None:
    with pytest.raises(HondoError, match=r"windows of 7x7 tokens.*has 4x6: nothing would be saved"):
        swap_attention(hybrid, "window")
    with pytest.raises(HondoError, match="blocks 0 to 1, got blocks 2"):
        swap_attention(hybrid, "linear", blocks=(2,))
    with pytest.raises(HondoError, match="attention"):
        swap_attention(hybrid, "telepathy")
