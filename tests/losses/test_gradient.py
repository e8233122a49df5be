import torch

from hondo.losses.gradient import gradient_loss


def test_zero_for_a_constant_and_exact_for_a_ramp():
    is_valid = torch.ones(1, 1, 16, 16, dtype=torch.bool)
    ramp = torch.arange(16.0).expand(1, 1, 16, 16)
    assert gradient_loss(torch.full((1, 1, 16, 16), 4.0), is_valid) == 0
    assert gradient_loss(ramp, is_valid, num_scales=3) == 1 + 2 + 4


def test_pairs_with_an_invalid_pixel_do_not_count():
    residual = torch.zeros(1, 1, 1, 5)
    residual[..., 2] = torch.nan
    is_valid = residual.isfinite()
    assert gradient_loss(residual, is_valid, num_scales=1) == 0
