"""Layers of lower rank within an error budget."""

import pytest
import torch

from hondo.compress.low_rank import factorise, rank_within
from hondo.compress.steps import compress
from hondo.core.errors import HondoError
from hondo.models.base.macs import count_macs


def test_the_rank_within_a_budget() -> None:
    values = torch.tensor([3.0, 2.0, 1.0])  # squares 9, 4, 1
    assert [rank_within(values, budget=budget) for budget in (0.0, 0.08, 0.3, 0.9)] == [3, 2, 2, 1]


def test_a_layer_of_low_rank_loses_nothing(plain, output) -> None:
    fc1 = plain.network.encoder.blocks[0].mlp.fc1
    before = fc1.weight.detach().clone()
    left, values, right = torch.linalg.svd(before, full_matrices=False)
    fc1.weight.data.copy_(left[:, :8] * values[:8] @ right[:8])
    try:
        result = factorise(plain, budget=1e-9)
        assert result.model.options["structure"] == {"network.encoder.blocks.0.mlp.fc1": {"rank": 8}}
        assert torch.allclose(output(result.model), output(plain), rtol=1e-3)
        assert count_macs(result.model) < count_macs(plain)
    finally:
        fc1.weight.data.copy_(before)


def test_a_layer_whose_weight_another_reads_stays(hybrid) -> None:
    made = factorise(hybrid, rank=1).model
    assert not any("readouts" in path for path in made.options["structure"])
    assert any(path.endswith("attn.qkv") for path in made.options["structure"])


def test_surgery_after_it_is_refused(hybrid) -> None:
    with pytest.raises(HondoError, match="put that step first"):
        compress(hybrid, "low-rank=rank:4 | heads=1")
    made, _ = compress(hybrid, "low-rank=rank:4 | size=32x32")
    assert made.input_spec.size_hw == (32, 32)


@pytest.mark.parametrize("text", ["low-rank=1.5", "low-rank=rank", "low-rank=rank:0.5", "low-rank=some"])
def test_wrong_text_is_refused(plain, text: str) -> None:
    with pytest.raises(HondoError, match="must be the share"):
        compress(plain, text)
