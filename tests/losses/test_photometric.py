import pytest
import torch
import torch.nn.functional as F

from hondo.losses.photometric import local_mean, moments, photometric_error, ssim

IMAGE = torch.rand(2, 3, 9, 11, generator=torch.Generator().manual_seed(0))
OTHER = torch.rand(2, 3, 9, 11, generator=torch.Generator().manual_seed(1))


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


def test_ssim_is_one_for_the_same_image_and_symmetric():
    torch.testing.assert_close(ssim(IMAGE, moments(IMAGE)), torch.ones_like(IMAGE))
    torch.testing.assert_close(ssim(IMAGE, moments(OTHER)), ssim(OTHER, moments(IMAGE)))


def test_local_mean_is_a_reflected_average_pool():
    expected = F.avg_pool2d(F.pad(IMAGE, (1, 1, 1, 1), mode="reflect"), 3, 1)
    torch.testing.assert_close(local_mean(IMAGE), expected)


def test_exact_ssim_of_two_flat_images():
    a, b = torch.full((1, 1, 3, 3), 0.2), torch.full((1, 1, 3, 3), 0.6)
    expected = (2 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4)  # no variance: C2 / C2 = 1
    assert ssim(a, moments(b))[0, 0, 1, 1].item() == pytest.approx(expected, rel=1e-4)


def test_gradient_of_ssim():
    image = IMAGE[:1, :1, :4, :4].double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: ssim(x, moments(OTHER[:1, :1, :4, :4].double())), image)
