"""The warp against scenes whose views are known in closed form."""

import pytest
import torch

from hondo.core.types import Camera
from hondo.geometry.camera import K_of, pixel_grid, unproject
from hondo.geometry.pose import T_from_axis_angle, invert_pose, transform_points
from hondo.geometry.warp import source_pixels, synthesise_view

SIZE = (96, 128)
CAMERA = Camera(fx=100.0, fy=104.0, cx=61.0, cy=50.0, size_hw=SIZE)
OTHER = Camera(fx=140.0, fy=130.0, cx=80.0, cy=55.0, size_hw=(110, 150))


def K_batch(camera: Camera) -> torch.Tensor:
    return K_of(camera)[None]


def plane_view(camera: Camera, T_camera_world: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Picture and depth of the textured plane n . p = 4 (in world coordinates), by crossing every ray with it."""
    normal = torch.nn.functional.normalize(torch.tensor([0.25, -0.35, 1.0]), dim=0)
    T_world_camera = invert_pose(T_camera_world)
    rays = unproject(torch.ones(1, 1, *camera.size_hw), K_batch(camera))  # z = 1
    turned = torch.einsum("bij,bjhw->bihw", T_world_camera[:, :3, :3], rays)
    origin = T_world_camera[0, :3, 3]
    depth = (4 - normal @ origin) / torch.einsum("i,bihw->bhw", normal, turned)[:, None]
    x, y, z = transform_points(T_world_camera, rays * depth)[0]
    picture = torch.stack((torch.sin(3 * x + y), torch.cos(2 * y - x), torch.sin(2 * (x + y) + z)))[None]
    return picture / 2 + 0.5, depth


def test_identity_returns_the_image() -> None:
    image = torch.rand(2, 3, 192, 640)  # white noise: the hardest picture
    camera = Camera(fx=371.3, fy=369.1, cx=311.7, cy=94.2, size_hw=(192, 640))
    K = K_batch(camera).expand(2, 3, 3)
    view, is_valid = synthesise_view(image, torch.rand(2, 1, 192, 640) * 80 + 0.1, torch.eye(4).expand(2, 4, 4), K, K)
    assert (view - image).abs().max() < 1e-4 and is_valid.all()


@pytest.mark.parametrize("target_camera", [CAMERA, OTHER])
@pytest.mark.parametrize("motion", [[0.0, 0, 0, 0.3, 0, 0], [0.0, 0, 0, 0, 0, 0.5], [0.05, -0.1, 0.08, 0.2, -0.1, 0.3]])
def test_true_depth_and_pose_give_the_other_view(motion: list[float], target_camera: Camera) -> None:
    T_source_target = T_from_axis_angle(torch.tensor([motion[:3]]), torch.tensor([motion[3:]]))
    target, depth = plane_view(target_camera, torch.eye(4)[None])
    source, _ = plane_view(CAMERA, T_source_target)
    view, is_valid = synthesise_view(source, depth, T_source_target, K_batch(target_camera), K_batch(CAMERA))
    assert is_valid.float().mean() > 0.5
    error = (view - target).abs().amax(dim=1, keepdim=True)[is_valid]
    # Only in the outer half pixel, where the border is repeated, is it more than the error of interpolation.
    assert error.quantile(0.97) < 2e-3 and error.mean() < 1e-3 and error.max() < 0.05
    wrong, is_valid = synthesise_view(source, depth * 1.3, T_source_target, K_batch(target_camera), K_batch(CAMERA))
    assert (wrong - target).abs().amax(dim=1, keepdim=True)[is_valid].mean() > 5 * error.mean()


def test_stereo_pair_is_a_shift_by_the_disparity() -> None:
    """The right camera stands at +x: points move left by fx b / depth pixels."""
    T_right_left = torch.eye(4)[None].clone()
    T_right_left[0, 0, 3] = -0.5
    pixels, z = source_pixels(torch.full((1, 1, *SIZE), 10.0), T_right_left, K_batch(CAMERA), K_batch(CAMERA))
    torch.testing.assert_close(
        pixels[0], pixel_grid(SIZE) - torch.tensor([5.0, 0.0])[:, None, None], atol=1e-4, rtol=0.0
    )
    torch.testing.assert_close(z, torch.full_like(z, 10.0))
    _, is_valid = synthesise_view(torch.rand(1, 3, *SIZE), z, T_right_left, K_batch(CAMERA), K_batch(CAMERA))
    assert not is_valid[..., :5].any() and is_valid[..., 5:].all()


def test_points_behind_the_source_and_unknown_depth_are_not_valid() -> None:
    T = torch.eye(4)[None].clone()
    T[0, 2, 3] = -3.0  # the source stands 3 m ahead
    depth = torch.full((1, 1, *SIZE), 5.0)
    depth[..., :10], depth[..., 10], depth[..., 11], depth[..., 12] = 2.0, float("nan"), 0.0, -1.0
    depth.requires_grad_(), T.requires_grad_()
    view, is_valid = synthesise_view(torch.rand(1, 3, *SIZE), depth, T, K_batch(CAMERA), K_batch(CAMERA))
    assert view.isfinite().all() and not is_valid[..., :13].any() and is_valid[..., 48:52, 58:64].all()
    view.sum().backward()
    for leaf in (depth, T):
        assert leaf.grad is not None and leaf.grad.isfinite().all()


def test_gradients_reach_depth_pose_and_source() -> None:
    source, depth = torch.rand(1, 3, *SIZE, requires_grad=True), torch.full((1, 1, *SIZE), 3.0, requires_grad=True)
    motion = torch.tensor([[0.01, 0.0, 0.0, 0.1, 0.0, 0.05]], requires_grad=True)
    view, _ = synthesise_view(
        source, depth, T_from_axis_angle(motion[:, :3], motion[:, 3:]), K_batch(CAMERA), K_batch(CAMERA)
    )
    (view**2).sum().backward()
    for leaf in (source, depth, motion):
        assert leaf.grad is not None and leaf.grad.isfinite().all() and leaf.grad.abs().sum() > 0


def test_float32_under_autocast() -> None:
    image = torch.rand(1, 3, *SIZE)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        view, _ = synthesise_view(
            image.bfloat16(),
            torch.full((1, 1, *SIZE), 3.0).bfloat16(),
            torch.eye(4)[None],
            K_batch(CAMERA),
            K_batch(CAMERA),
        )
    assert view.dtype == torch.float32 and (view - image.bfloat16().float()).abs().max() < 1e-4
