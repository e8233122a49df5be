"""The height of a rendered street's camera; no ground, no loss."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.geometry.projection import pixel_grid
from hondo.losses.views.camera_height import camera_height_loss

K = torch.tensor([[[40.0, 0, 32], [0, 40, 16], [0, 0, 1]]])
SCENE = torch.ones(1, 1, 32, 64, dtype=torch.bool)


def test_its_gradient_leads_to_the_height():
    _, y = pixel_grid((32, 64))
    floor = (1.65 * 40 / (y - 16).clamp(min=0.1))[None, None]
    factor = torch.tensor(0.5, requires_grad=True)
    loss = camera_height_loss(factor * floor, SCENE, K, metres=1.65)
    loss.backward()
    assert loss.item() == pytest.approx(0.5, abs=1e-3) and factor.grad.item() == pytest.approx(-1.0, abs=1e-3)


def test_a_wall_has_no_height_and_metres_are_needed():
    wall = torch.full((1, 1, 32, 64), 3.0)
    assert camera_height_loss(wall, SCENE, K, metres=1.5) == 0
    with pytest.raises(HondoError, match=r"camera_height\.metres=METRES"):
        camera_height_loss(wall, SCENE, K)
