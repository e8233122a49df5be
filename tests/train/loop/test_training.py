import pytest
import torch

from hondo.train.loop.training import FiniteCheck, NotFiniteError


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_raises_with_step_value_and_advice(bad):
    check = FiniteCheck(agree=lambda value: value, advice="lower the rate")
    check.observe(torch.tensor([1.0, 2.0]), step=6)
    with pytest.raises(NotFiniteError, match=rf"not finite at step 7 \(1, {bad:g}\); lower the rate"):
        check.observe(torch.tensor([1.0, bad]), step=7)
    check.settle()  # told once


def test_another_process_can_stop_this_one():
    check = FiniteCheck(agree=lambda value: 1.0, advice="")
    with pytest.raises(NotFiniteError):
        check.observe(torch.tensor([1.0]), step=0)
