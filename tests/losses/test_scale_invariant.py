import torch

from hondo.losses.scale_invariant import scale_invariant_loss

ALL = torch.ones(1, 1, 1, 4, dtype=torch.bool)


def test_any_factor_is_free():
    gt = torch.rand(3, 1, 12, 12, generator=torch.Generator().manual_seed(0)) + 0.1
    factors = torch.tensor([0.01, 1.0, 70.0]).view(3, 1, 1, 1)
    assert scale_invariant_loss(factors * gt, gt, is_valid=torch.ones_like(gt, dtype=torch.bool)) < 1e-5


def test_exact_value():
    gt = torch.ones(1, 1, 1, 4)
    pred = torch.tensor([0.0, 0.0, 0.0, 2.0]).exp().view(1, 1, 1, 4)  # median 0, mean |g| 0.5
    only_data = scale_invariant_loss(pred, gt, is_valid=ALL, gradient_weight=0)
    one_scale = scale_invariant_loss(pred, gt, is_valid=ALL, gradient_weight=0.5, num_scales=1)
    torch.testing.assert_close(only_data, torch.tensor(0.5))
    torch.testing.assert_close(one_scale, torch.tensor(0.5 + 0.5 * 2 / 3))  # gradients 0, 0, 2


def test_masked_values_do_not_enter_the_median():
    gt = torch.ones(1, 1, 1, 8)
    pred = torch.tensor([5.0, 5.0, 5.0, 0.1, 0.1, 0.1, 0.1, 0.1]).view(1, 1, 1, 8)
    is_valid = torch.tensor([1, 1, 1, 0, 0, 0, 0, 0]).bool().view(1, 1, 1, 8)
    assert scale_invariant_loss(pred, gt, is_valid=is_valid) < 1e-6


def test_images_without_labels_do_not_dilute():
    gt = torch.ones(2, 1, 1, 4)
    pred = torch.tensor([0.0, 0.0, 0.0, 2.0]).exp().expand(2, 1, 1, 4)
    is_valid = torch.cat([ALL, ~ALL])
    torch.testing.assert_close(scale_invariant_loss(pred, gt, is_valid=is_valid, gradient_weight=0), torch.tensor(0.5))


def test_bfloat16_is_computed_in_float32():
    gt = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0)) + 0.5
    pred = (3 * gt).bfloat16()
    is_valid = torch.ones_like(gt, dtype=torch.bool)
    assert scale_invariant_loss(pred, gt, is_valid=is_valid).dtype == torch.float32
