import pytest
import torch

from hondo.losses.ssi import ssi_loss

GT = torch.rand(2, 1, 12, 16, generator=torch.Generator().manual_seed(0)) + 0.1
ALL = torch.ones_like(GT, dtype=torch.bool)


@pytest.mark.parametrize(("factor", "shift"), [(1.0, 5.0), (0.01, 0.0), (30.0, -2.0)])
def test_factor_and_shift_are_free(factor, shift):
    assert ssi_loss(factor * GT + shift, GT, is_valid=ALL) < 1e-4


def test_exact_value_with_and_without_trimming():
    gt = torch.arange(5.0).view(1, 1, 1, 5)  # median 2, mean deviation 1.2
    pred = torch.tensor([0.0, 1.0, 2.0, 3.0, 14.0]).view(1, 1, 1, 5)  # median 2, mean deviation 3.2
    is_valid = torch.ones(1, 1, 1, 5, dtype=torch.bool)
    residuals = (torch.tensor([-2.0, -1, 0, 1, 12]) / 3.2 - torch.tensor([-2.0, -1, 0, 1, 2]) / 1.2).abs()
    untrimmed = ssi_loss(pred, gt, is_valid=is_valid, trim=0.0, gradient_weight=0)
    trimmed = ssi_loss(pred, gt, is_valid=is_valid, trim=0.2, gradient_weight=0)
    torch.testing.assert_close(untrimmed, residuals.mean())
    torch.testing.assert_close(trimmed, residuals.sort().values[:4].mean())
    assert trimmed < untrimmed


def test_masked_zeros_do_not_enter_the_median():
    is_valid = torch.rand(2, 1, 12, 16, generator=torch.Generator().manual_seed(1)) > 0.8
    zeroed = torch.where(is_valid, 2 * GT + 1, 0)
    assert ssi_loss(zeroed, torch.where(is_valid, GT, 0), is_valid=is_valid) < 1e-4


def test_constant_prediction_is_finite():
    pred = torch.ones_like(GT).requires_grad_()
    loss = ssi_loss(pred, GT, is_valid=ALL)
    loss.backward()
    assert loss.isfinite() and pred.grad.isfinite().all()
