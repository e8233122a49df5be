"""Another use of the class token."""

import pytest
import torch

from hondo.compress.surgery.class_readout import change_readout
from hondo.core.errors import HondoError


def test_the_same_readout_changes_nothing(hybrid, output) -> None:
    assert torch.equal(output(change_readout(hybrid, "project").model), output(hybrid))


def test_what_projects_starts_fresh_and_the_rest_needs_nothing(hybrid, plain) -> None:
    without = change_readout(hybrid, "ignore")
    assert without.kept.fresh == 0 and without.kept.total < sum(p.numel() for p in hybrid.parameters())
    assert change_readout(hybrid, "add").kept.fresh == 0
    assert change_readout(plain, "project").kept.fresh == 4 * (2 * 192 + 1) * 192


def test_unknown_readout(hybrid) -> None:
    with pytest.raises(HondoError, match="readout"):
        change_readout(hybrid, "sum")
