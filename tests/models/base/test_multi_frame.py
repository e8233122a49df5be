"""Models that look at earlier frames: what they take, and that frames without motion data change nothing."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import Camera, InputSpec
from hondo.models.base.multi_frame import MultiFrameModel, check_previous
from hondo.models.families.manydepth import manydepth

CAMERA = Camera(fx=60, fy=60, cx=48, cy=32, size_hw=(64, 96))


@pytest.fixture(scope="module")
def model() -> MultiFrameModel:
    torch.manual_seed(0)
    return manydepth(num_depths=8, depth_range=(0.5, 5.0)).eval()


@pytest.fixture(scope="module")
def frames() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    return torch.rand(2, 3, 64, 96), torch.rand(2, 2, 3, 64, 96)


def test_absent_frames_change_nothing(model: MultiFrameModel, frames: tuple[torch.Tensor, torch.Tensor]) -> None:
    image, previous = frames
    with torch.no_grad():
        alone = model(image)
        none = model(image, previous=previous[:, :0])
        absent = model(image, previous=previous, camera=CAMERA, T_previous_target=torch.zeros(2, 2, 4, 4))
        with_frames = model(image, previous=previous, camera=CAMERA)
    for others in (none, absent):
        assert all(torch.equal(a, b) for a, b in zip(alone, others, strict=True))
    assert not torch.equal(alone[0], with_frames[0])


def test_a_camera_of_another_size_is_scaled(model: MultiFrameModel, frames: tuple[torch.Tensor, torch.Tensor]) -> None:
    image, previous = frames
    K = torch.tensor(CAMERA.K, dtype=torch.float32).expand(2, 3, 3)
    with torch.no_grad():
        at_size, larger, matrix = (
            model(image, previous=previous, camera=camera)[0] for camera in (CAMERA, CAMERA.resized((128, 384)), K)
        )
    assert torch.equal(at_size, larger) and torch.equal(at_size, matrix)


def test_poses_of_older_frames_go_by_way_of_the_newer(
    model: MultiFrameModel, frames: tuple[torch.Tensor, torch.Tensor]
) -> None:
    image, previous = frames
    with torch.no_grad():
        newest, oldest = model.poses(image, previous).unbind(1)
        step = model.poses(previous[:, 0], previous[:, 1:])[:, 0]
        assert torch.allclose(newest, model.poses(image, previous[:, :1])[:, 0], atol=1e-6)
    assert torch.allclose(oldest, step @ newest, atol=1e-6)


def test_padding_does_not_move_the_matches(model: MultiFrameModel) -> None:
    """Pixels keep their places: padding is at the right and the bottom, so K stays."""
    torch.manual_seed(2)
    image, previous = torch.rand(1, 3, 61, 90), torch.rand(1, 1, 3, 61, 90)
    camera = Camera(fx=60, fy=60, cx=45, cy=30, size_hw=(61, 90))
    T = torch.eye(4)[None, None] + torch.zeros(1, 1, 4, 4).index_fill(3, torch.tensor([3]), 0.02)
    T[..., 3, 3] = 1
    with torch.no_grad():
        maps, matching = model.matched(image, previous, camera, T)
    assert [tuple(values.shape[2:]) for values in maps] == [(61, 90), (31, 45), (16, 23), (8, 12)]
    assert matching.cost.shape == (1, 8, 16, 24) and matching.is_seen.any()


def test_what_is_missing_or_of_another_size_is_said(model: MultiFrameModel) -> None:
    image, previous = torch.rand(1, 3, 64, 96), torch.rand(1, 1, 3, 64, 96)
    with pytest.raises(HondoError, match="needs the camera's intrinsics"):
        model(image, previous=previous)
    with pytest.raises(HondoError, match=r"previous frames must have the shape .* got \(1, 1, 3, 32, 96\)"):
        check_previous(previous[..., :32, :], None, image=image)
    with pytest.raises(HondoError, match=r"T_previous_target must have the shape \(1, 1, 4, 4\)"):
        check_previous(previous, torch.eye(4).expand(1, 2, 4, 4), image=image)
    with pytest.raises(HondoError, match="2 or more depths"):
        manydepth(num_depths=1)


def test_gradients_reach_the_network_but_not_earlier_frames(model: MultiFrameModel) -> None:
    image, previous = torch.rand(1, 3, 64, 96), torch.rand(1, 1, 3, 64, 96, requires_grad=True)
    model(image, previous=previous, camera=CAMERA)[0].mean().backward()
    assert previous.grad is None
    assert model.network.encoder.reduce[0].weight.grad[:, 64:].abs().sum() > 0  # the volume's part


def test_another_size_reaches_the_pose_network() -> None:
    with torch.device("meta"):
        model = manydepth()
    model.set_input_spec(InputSpec(size_hw=(64, 96)))
    assert model.pose is not None and model.pose.input_spec.size_hw == (64, 96)
