"""JPEG artefacts as tensors do them."""

import cv2
import numpy as np
import pytest
import torch

from hondo.data.augment import appearance as photometric
from hondo.data.augment.jpeg import compress_jpeg

IMAGES = torch.rand(2, 3, 3, 24, 40, generator=torch.Generator().manual_seed(0))


def strengths(value: float) -> torch.Tensor:
    return torch.full((2,), value)


@pytest.mark.parametrize("quality", [20, 50, 90])
def test_jpeg_agrees_with_a_real_encoder(quality: int):
    smooth = cv2.GaussianBlur(IMAGES[0, 0].permute(1, 2, 0).numpy(), (0, 0), 2)
    image = np.rint((smooth - smooth.min()) / np.ptp(smooth) * 255).astype(np.uint8)[:21, :35]  # no multiple of 8
    code = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    real = cv2.imdecode(code, cv2.IMREAD_COLOR)[:, :, ::-1].astype(float) / 255
    tensor = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
    ours = compress_jpeg(tensor, torch.tensor([float(quality)]))[0].permute(1, 2, 0).numpy()
    lost = np.abs(real - image / 255).mean()
    assert np.abs(ours - real).mean() < max(0.4 * lost, 0.006)


def test_jpeg_of_views():
    smooth = photometric.blur(IMAGES, strengths(2.0))
    changed = photometric.jpeg(smooth, torch.tensor([10.0, 100.0]))
    assert changed.shape == IMAGES.shape and float(changed.min()) >= 0 and float(changed.max()) <= 1
    errors = (changed - smooth).abs().flatten(1).mean(dim=1)
    assert float(errors[0]) > 2 * float(errors[1])
