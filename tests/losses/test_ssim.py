import pytest
import torch
import torch.nn.functional as F

from hondo.losses.ssim import local_mean, moments, ssim

IMAGE = torch.rand(2, 3, 9, 11, generator=torch.Generator().manual_seed(0))
OTHER = torch.rand(2, 3, 9, 11, generator=torch.Generator().manual_seed(1))


def test_one_for_the_same_image_and_symmetric():
    torch.testing.assert_close(ssim(IMAGE, moments(IMAGE)), torch.ones_like(IMAGE))
    torch.testing.assert_close(ssim(IMAGE, moments(OTHER)), ssim(OTHER, moments(IMAGE)))


def test_local_mean_is_a_reflected_average_pool():
    expected = F.avg_pool2d(F.pad(IMAGE, (1, 1, 1, 1), mode="reflect"), 3, 1)
    torch.testing.assert_close(local_mean(IMAGE), expected)


def test_exact_value_of_two_flat_images():
    a, b = torch.full((1, 1, 3, 3), 0.2), torch.full((1, 1, 3, 3), 0.6)
    expected = (2 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4)  # no variance: C2 / C2 = 1
    assert ssim(a, moments(b))[0, 0, 1, 1].item() == pytest.approx(expected, rel=1e-4)


def test_gradient():
    image = IMAGE[:1, :1, :4, :4].double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: ssim(x, moments(OTHER[:1, :1, :4, :4].double())), image)
