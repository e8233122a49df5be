import math

import pytest
import torch

from hondo.losses.silog import eigen_loss, silog_loss

GT = torch.ones(1, 1, 1, 4)
PRED = torch.tensor([0.0, 0.0, 0.0, 2.0]).exp().view(1, 1, 1, 4)  # g: mean 0.5, mean of squares 1, variance 0.75
ALL = torch.ones(1, 1, 1, 4, dtype=torch.bool)


def test_exact_values():
    silog = silog_loss(PRED, GT, is_valid=ALL)
    assert silog.item() == pytest.approx(10 * math.sqrt(0.75 + 0.15 * 0.25), rel=1e-5)
    assert silog.item() == pytest.approx(10 * math.sqrt(1 - 0.85 * 0.25), rel=1e-5)  # BTS's way to write it
    assert eigen_loss(PRED, GT, is_valid=ALL).item() == pytest.approx(1 - 0.5 * 0.25, rel=1e-5)


def test_a_factor_costs_less_than_its_square():
    loss = silog_loss(math.e * GT, GT, is_valid=ALL)
    assert loss.item() == pytest.approx(10 * math.sqrt(0.15), rel=1e-5)


def test_same_for_depth_and_inverse_depth():
    torch.testing.assert_close(silog_loss(1 / PRED, 1 / GT, is_valid=ALL), silog_loss(PRED, GT, is_valid=ALL))
