import torch

from hondo.losses.masked import masked_mean, masked_median

VALUES = torch.tensor([[1.0, 2.0, 9.0], [4.0, 4.0, 4.0], [7.0, 7.0, 7.0]])
IS_VALID = torch.tensor([[True, True, False], [True, False, False], [False, False, False]])


def test_exact_values():
    assert masked_mean(VALUES, IS_VALID) == (1.5 + 4) / 2
    assert masked_median(VALUES, IS_VALID).tolist() == [1.0, 4.0, 0.0]
    assert masked_mean(VALUES, ~IS_VALID | IS_VALID) == (4 + 4 + 7) / 3


def test_nothing_valid_is_zero():
    assert masked_mean(VALUES, torch.zeros_like(IS_VALID)) == 0
