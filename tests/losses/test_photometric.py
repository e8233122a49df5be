import pytest
import torch

from hondo.losses.photometric import photometric_error
from hondo.losses.ssim import moments

IMAGE = torch.rand(2, 3, 9, 11, generator=torch.Generator().manual_seed(0))


def test_zero_with_finite_gradient_for_the_same_image():
    pred = IMAGE.clone().requires_grad_()
    error = photometric_error(pred, IMAGE)
    error.sum().backward()
    assert error.shape == (2, 1, 9, 11) and error.abs().max() < 1e-6 and pred.grad.isfinite().all()


def test_exact_value_of_two_flat_images():
    a, b = torch.full((1, 3, 3, 3), 0.2), torch.full((1, 3, 3, 3), 0.6)
    structure = (1 - (0.24 + 1e-4) / (0.4 + 1e-4)) / 2
    assert photometric_error(a, b)[0, 0, 1, 1].item() == pytest.approx(0.85 * structure + 0.15 * 0.4, rel=1e-4)
    assert photometric_error(a, b, ssim_weight=0.0)[0, 0, 1, 1].item() == pytest.approx(0.4)


def test_moments_save_work_and_change_nothing():
    other = IMAGE.flip(-1)
    assert torch.equal(photometric_error(other, moments(IMAGE)), photometric_error(other, IMAGE))


def test_stays_in_float32_under_autocast():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        error = photometric_error(IMAGE.flip(-1).bfloat16(), IMAGE)
    assert error.dtype == torch.float32
    torch.testing.assert_close(error, photometric_error(IMAGE.flip(-1).bfloat16().float(), IMAGE))
