"""Least-squares adversarial losses, and what a discriminator may see."""

import torch

from hondo.losses.adversarial import adversarial_loss, discriminator_loss, judged_map, known_patches

ONE, KNOWN = torch.ones(2, 1, 3, 4), torch.ones(2, 1, 3, 4, dtype=torch.bool)


def test_values():
    assert adversarial_loss(ONE, KNOWN) == 0 and adversarial_loss(0 * ONE, KNOWN) == 1
    assert discriminator_loss(ONE, 0 * ONE, KNOWN) == 0
    assert discriminator_loss(0.5 * ONE, 0.5 * ONE, KNOWN) == 0.25
    assert adversarial_loss(0 * ONE, ~KNOWN) == 0 and discriminator_loss(0 * ONE, ONE, ~KNOWN) == 0


def test_gaps_and_scale_are_hidden():
    values = 0.5 + torch.rand(2, 1, 6, 8)
    is_valid = torch.rand(2, 1, 6, 8) > 0.4
    spoilt = torch.where(is_valid, values, torch.nan).requires_grad_()
    seen = judged_map(spoilt, is_valid)
    torch.testing.assert_close(seen, judged_map(9 * values, is_valid))
    seen.square().sum().backward()
    assert (seen[~is_valid] == 0).all() and (spoilt.grad[~is_valid] == 0).all() and spoilt.grad.isfinite().all()


def test_a_patch_without_truth_is_not_scored():
    is_valid = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    is_valid[..., 1, 6] = True
    assert known_patches(is_valid, torch.zeros(1, 1, 2, 2))[0, 0].tolist() == [[False, True], [False, False]]
