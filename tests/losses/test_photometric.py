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


def test_is_the_formula_operation_by_operation():
    """As near to float64 as the formula is, in value and gradient; the loss to 1e-6."""
    torch.manual_seed(0)
    x, y = (F.interpolate(torch.rand(2, 3, 12, 16), (96, 128), mode="bicubic").clamp(0, 1) for _ in range(2))
    found = []
    for error, kind in ((photometric_error, x.dtype), (plainly, x.dtype), (plainly, torch.float64)):
        leaf = x.detach().to(kind, copy=True).requires_grad_()
        value = error(leaf, y.to(kind))
        value.sum().backward()
        found.append((value.detach().double(), leaf.grad.double()))
    (fast, fast_slope), (plain, plain_slope), (exact, exact_slope) = found
    assert abs(fast.mean() - exact.mean()) < 1e-6
    assert (fast - exact).abs().max() < 2 * (plain - exact).abs().max() + 1e-7
    assert (fast_slope - exact_slope).norm() < max(1.5 * (plain_slope - exact_slope).norm(), 1e-3 * exact_slope.norm())


def plainly(x, y):
    mean = lambda image: F.avg_pool2d(F.pad(image, (1, 1, 1, 1), mode="reflect"), 3, 1)  # noqa: E731
    mx, my = mean(x), mean(y)
    top = (2 * mx * my + 1e-4) * (2 * (mean(x * y) - mx * my) + 9e-4)
    bottom = (mx**2 + my**2 + 1e-4) * (mean(x * x) - mx**2 + mean(y * y) - my**2 + 9e-4)
    return (0.85 * ((1 - top / bottom) / 2).clamp(0, 1) + 0.15 * (x - y).abs()).mean(1, keepdim=True)
