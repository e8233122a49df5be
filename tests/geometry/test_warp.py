"""The warp against scenes whose views are known in closed form."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hondo.core.types import Camera
from hondo.geometry.pose import T_from_axis_angle, invert_pose, transform_points
from hondo.geometry.projection import K_of, pixel_grid, unproject
from hondo.geometry.warp import source_pixels, synthesise_view

SIZE = (96, 128)
CAMERA = Camera(fx=100.0, fy=104.0, cx=61.0, cy=50.0, size_hw=SIZE)
OTHER = Camera(fx=140.0, fy=130.0, cx=80.0, cy=55.0, size_hw=(110, 150))


def K_batch(camera: Camera) -> torch.Tensor:
    return K_of(camera)[None]


def plane_view(camera: Camera, T_camera_world: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Image and depth of the textured plane n . p = 4 (in world coordinates), by crossing every ray with it."""
    normal = torch.nn.functional.normalize(torch.tensor([0.25, -0.35, 1.0]), dim=0)
    T_world_camera = invert_pose(T_camera_world)
    rays = unproject(torch.ones(1, 1, *camera.size_hw), K_batch(camera))  # z = 1
    turned = torch.einsum("bij,bjhw->bihw", T_world_camera[:, :3, :3], rays)
    origin = T_world_camera[0, :3, 3]
    depth = (4 - normal @ origin) / torch.einsum("i,bihw->bhw", normal, turned)[:, None]
    x, y, z = transform_points(T_world_camera, rays * depth)[0]
    image = torch.stack((torch.sin(3 * x + y), torch.cos(2 * y - x), torch.sin(2 * (x + y) + z)))[None]
    return image / 2 + 0.5, depth


def test_identity_returns_the_image() -> None:
    image = torch.rand(2, 3, 192, 640)  # white noise: the hardest image
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


def test_real_depth_and_poses_align_a_real_video(shared_data: Path) -> None:
    """Frame 106 of RedKitchen seen from frame 100: the colours agree three times better than without the warp."""
    folder = shared_data / "indoor_redkitchen"
    K = K_of(Camera(fx=525.0, fy=525.0, cx=320.0, cy=240.0, size_hw=(480, 640)))[None]
    rows = np.loadtxt(folder / "poses_depthcam_to_world.txt")
    T_world_depthcam = {int(row[0]): torch.from_numpy(row[1:].reshape(1, 4, 4)).float() for row in rows}
    T_color_depthcam = torch.tensor(
        [
            [0.99996518, 0.00267651, -0.00790410, -0.0127795],
            [-0.00274093, 0.99996303, -0.00815045, 0.0000505],
            [0.00788199, 0.00817183, 0.99993554, 0.0010159],
            [0, 0, 0, 1],
        ]
    )[None]
    target, source = (
        torch.from_numpy(cv2.imread(str(folder / f"color/{index:06d}.jpg"))).permute(2, 0, 1)[None].float()
        for index in (100, 106)
    )
    stored = cv2.imread(str(folder / "depth_mm/000100.png"), cv2.IMREAD_UNCHANGED).astype(np.float32)
    depth = torch.from_numpy(stored)[None, None] / 1000
    T_world_target, T_world_source = (T_world_depthcam[index] @ invert_pose(T_color_depthcam) for index in (100, 106))
    view, is_valid = synthesise_view(source, depth, invert_pose(T_world_source) @ T_world_target, K, K)
    error = (view - target).abs().mean(dim=1, keepdim=True)[is_valid].mean()
    still = (source - target).abs().mean(dim=1, keepdim=True)[is_valid].mean()
    assert is_valid.float().mean() > 0.5 and error < still / 2.5 and error < 12
