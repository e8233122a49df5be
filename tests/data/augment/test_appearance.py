"""Looks: neutral strengths change nothing, others do what they say; JPEG agrees with a real encoder."""

import cv2
import numpy as np
import pytest
import torch

from hondo.data.augment import appearance as photometric

IMAGES = torch.rand(2, 3, 3, 24, 40, generator=torch.Generator().manual_seed(0))


def strengths(value: float) -> torch.Tensor:
    return torch.full((2,), value)


@pytest.mark.parametrize(
    ("change", "neutral"),
    [
        (photometric.brightness, 1.0),
        (photometric.contrast, 1.0),
        (photometric.saturation, 1.0),
        (photometric.hue, 0.0),
        (photometric.hue, 1.0),
        (photometric.exposure, 0.0),
        (photometric.gamma, 1.0),
        (photometric.blur, 0.0),
    ],
)
def test_neutral_strengths_change_nothing(change, neutral):
    assert torch.allclose(change(IMAGES, strengths(neutral)), IMAGES, atol=1e-4)


def test_each_sample_has_its_own_strength_shared_by_its_views():
    changed = photometric.brightness(IMAGES, torch.tensor([1.0, 0.5]))
    assert torch.equal(changed[0], IMAGES[0]) and torch.allclose(changed[1], IMAGES[1] / 2)


def test_saturation_and_contrast_of_zero():
    grey = photometric.saturation(IMAGES, strengths(0.0))
    assert torch.allclose(grey[:, :, 0], grey[:, :, 2], atol=1e-6)
    flat = photometric.contrast(IMAGES, strengths(0.0))
    assert float(flat.flatten(2).std(dim=-1).max()) < 1e-5


def test_hue_keeps_luma_and_comes_back():
    calm = IMAGES * 0.2 + 0.4  # stays inside 0..1
    turned = photometric.hue(calm, strengths(0.3))
    weights = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    assert torch.allclose((turned * weights).sum(2), (calm * weights).sum(2), atol=1e-3)
    assert not torch.allclose(turned, calm, atol=0.02)
    assert torch.allclose(photometric.hue(turned, strengths(-0.3)), calm, atol=1e-4)


def test_white_balance_and_exposure():
    gains = torch.tensor([[1.0, 0.5, 1.0], [1.0, 1.0, 1.0]])
    balanced = photometric.white_balance(IMAGES, gains)
    assert torch.allclose(balanced[0, :, 1], IMAGES[0, :, 1] / 2) and torch.equal(balanced[1], IMAGES[1])
    dark = photometric.exposure(IMAGES, strengths(-1.0))
    assert torch.allclose(dark.clamp_min(1e-6) ** 2.2, IMAGES**2.2 / 2, atol=1e-4)


def test_noise_has_its_sigma_and_is_reproducible():
    calm = torch.full((2, 1, 3, 64, 64), 0.5)
    sigma = torch.tensor([0.0, 0.05])
    one, two = (photometric.noise(calm, sigma, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one, two) and torch.equal(one[0], calm[0])
    assert float(one[1].std()) == pytest.approx(0.05, rel=0.05)


def test_blur_agrees_with_opencv():
    blurred = photometric.blur(IMAGES, torch.tensor([0.0, 1.2]))
    assert torch.allclose(blurred[0], IMAGES[0], atol=1e-6)
    image = IMAGES[1, 0].permute(1, 2, 0).numpy()
    expected = cv2.GaussianBlur(image, (9, 9), 1.2, borderType=cv2.BORDER_REPLICATE)
    assert np.allclose(blurred[1, 0].permute(1, 2, 0).numpy(), expected, atol=1e-4)
