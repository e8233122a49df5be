"""Cameras: projecting undoes unprojecting, and resizing, cropping and flipping commute with both."""

import pytest
import torch

from hondo.core.types import Camera
from hondo.geometry.projection import K_of, inverse_K, linear, pixel_grid, project, unproject

CAMERA = Camera(fx=50.0, fy=60.0, cx=21.0, cy=15.5, size_hw=(30, 40))


def points_of(camera: Camera) -> torch.Tensor:
    """Random points in front of the camera, as a map of any size (here 5 x 7)."""
    random = torch.Generator().manual_seed(0)
    return (
        torch.rand(1, 3, 5, 7, generator=random) * torch.tensor([2.0, 2.0, 5.0])[:, None, None]
        + torch.tensor([-1.0, -1.0, 1.0])[:, None, None]
    )


def pixels_of(points: torch.Tensor, camera: Camera) -> torch.Tensor:
    return project(points, K_of(camera)[None])[0]


def test_first_pixel_is_at_half() -> None:
    grid = pixel_grid((2, 3))
    assert grid[:, 0, 0].tolist() == [0.5, 0.5] and grid[:, 1, 2].tolist() == [2.5, 1.5]


def test_project_undoes_unproject() -> None:
    K = K_of(CAMERA)[None]
    depth = torch.rand(1, 1, 30, 40) * 10 + 0.1
    pixels, z = project(unproject(depth, K), K)
    torch.testing.assert_close(pixels[0], pixel_grid((30, 40)), atol=1e-4, rtol=0.0)
    torch.testing.assert_close(z, depth)


def test_exact_value() -> None:
    points = unproject(torch.full((1, 1, 30, 40), 2.0), K_of(CAMERA)[None])
    torch.testing.assert_close(points[0, :, 3, 10], torch.tensor([(10.5 - 21) / 50 * 2, (3.5 - 15.5) / 60 * 2, 2.0]))


def test_resize_crop_and_flip_commute_with_projection() -> None:
    points = points_of(CAMERA)
    pixels = pixels_of(points, CAMERA)
    x, y = pixels[:, 0], pixels[:, 1]
    resized = pixels_of(points, CAMERA.resized((15, 120)))
    torch.testing.assert_close(resized, torch.stack((x * 3, y / 2), dim=1))
    cropped = pixels_of(points, CAMERA.cropped(top=4, left=-6, size_hw=(20, 50)))
    torch.testing.assert_close(cropped, torch.stack((x + 6, y - 4), dim=1))
    mirrored = points * torch.tensor([-1.0, 1.0, 1.0])[:, None, None]
    torch.testing.assert_close(pixels_of(mirrored, CAMERA.flipped()), torch.stack((40 - x, y), dim=1))


def test_the_inverse_matrix() -> None:
    K = K_of(CAMERA)
    torch.testing.assert_close(inverse_K(K) @ K, torch.eye(3), atol=1e-6, rtol=0.0)


def test_K_and_fov_round_trip() -> None:
    assert Camera.from_K(CAMERA.K, size_hw=(30, 40)) == CAMERA
    assert Camera.from_fov(70.0, size_hw=(30, 40)).horizontal_fov_deg == pytest.approx(70)


def test_linear_is_a_matrix_product() -> None:
    matrix, vectors = torch.randn(2, 3, 3), torch.randn(2, 3, 4, 5)
    torch.testing.assert_close(linear(matrix, vectors), torch.einsum("bij,bjhw->bihw", matrix, vectors))


def test_gradient_reaches_depth_and_stays_finite_behind_the_camera() -> None:
    depth = torch.tensor([1.0, 0.0, -1.0, 1e-9]).reshape(1, 1, 2, 2).requires_grad_()
    camera = Camera.from_fov(90.0, size_hw=(2, 2))
    pixels, _ = project(unproject(depth, K_of(camera)[None]), K_of(camera)[None])
    pixels.sum().backward()
    assert depth.grad is not None and depth.grad.isfinite().all()
