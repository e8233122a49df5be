"""Counting what became of weights."""

import torch
from torch import nn

from hondo.compress.kept import count_kept


def test_equal_changed_and_fresh() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    before = {"0.weight": model[0].weight.detach().clone(), "1.bias": torch.zeros(7)}
    kept = count_kept(model, before=before, changed={"0.bias"}, notes=("a note",))
    assert (kept.equal, kept.changed, kept.fresh, kept.total) == (6, 3, 4, 13)
    assert str(kept) == "46 % kept, 23 % changed, 31 % fresh (1); a note"
