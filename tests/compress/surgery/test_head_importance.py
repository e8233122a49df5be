"""Scores of heads."""

import pytest
import torch

from hondo.compress.surgery.head_importance import IMPORTANCE, head_scores
from hondo.core.errors import HondoError
from hondo.models.registry.build_model import build_model
from tests.compress.conftest import TINY_HYBRID


@pytest.mark.parametrize("by", list(IMPORTANCE))
def test_a_head_whose_output_is_not_read_scores_nothing(by: str) -> None:
    torch.manual_seed(0)
    model = build_model("dpt-fast", "random", **TINY_HYBRID)
    with torch.no_grad():
        model.network.encoder.blocks[1].attn.proj.weight[:, 64:128] = 0
    first, second = head_scores(model, by=by, images=(torch.rand(1, 3, 64, 64),))
    assert first.shape == (3,) and bool((first > 0).all())
    assert second[1] == 0 and bool((second[[0, 2]] > 0).all())


def test_unknown_rule(hybrid) -> None:
    with pytest.raises(HondoError, match="importance of heads"):
        head_scores(hybrid, by="luck")
