"""Where rays enter and leave solids that fill [-1, 1]^3, by exact values."""

import pytest
import torch

from hondo.synthetic.rendering.solids import box, cylinder, ellipsoid, tapered, texture_coordinates


def ray(origin: tuple[float, float, float], direction: tuple[float, float, float]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(origin).reshape(3, 1, 1), torch.tensor(direction).reshape(3, 1, 1)


@pytest.mark.parametrize("solid", [box, ellipsoid, cylinder])
def test_a_ray_through_the_centre_enters_at_1_and_leaves_at_3(solid) -> None:
    near, far = solid(*ray((0.0, 0.0, -2.0), (0.0, 0.0, 1.0)))
    assert near.item() == pytest.approx(1, abs=1e-5) and far.item() == pytest.approx(3, abs=1e-5)


@pytest.mark.parametrize("solid", [box, ellipsoid, cylinder])
def test_a_ray_that_misses_leaves_before_it_enters(solid) -> None:
    near, far = solid(*ray((3.0, 0.0, -2.0), (0.0, 0.0, 1.0)))
    assert near > far


def test_a_tapered_box_is_narrower_at_its_top() -> None:
    taper = torch.tensor([0.5, 0.0]).reshape(2, 1, 1)
    for height, half in ((-0.999, 0.5), (0.999, 1.0)):  # y points down
        near, far = tapered(*ray((-3.0, height, 0.0), (1.0, 0.0, 0.0)), taper)
        assert (far - near).item() == pytest.approx(2 * half, abs=1e-2)


def test_texture_coordinates_are_metres_times_scale_or_once_over_the_face() -> None:
    p, half = torch.tensor([[1.0], [0.5], [2.0]]), torch.tensor([[2.0], [1.0], [2.0]])
    normal, scale = torch.tensor([[0.0], [0.0], [1.0]]), torch.tensor([3.0])
    for fit, expected in ((False, [3.0, 1.5]), (True, [0.75, 0.75])):
        uv = texture_coordinates(p, normal, half, scale, torch.tensor([fit]))
        assert uv[:, 0].tolist() == pytest.approx(expected)
