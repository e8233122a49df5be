"""Pose networks give rigid transforms near identity."""

import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.core.types import InputSpec
from hondo.models.base.pose_model import PoseModel, nano_pose, pose, shared_pose
from hondo.models.registry.zoo import build_model


class Fixed(nn.Module):
    """Always the same motion."""

    def __init__(self, motion: list[float]) -> None:
        super().__init__()
        self.motion = torch.tensor([motion])

    def forward(self, pair: torch.Tensor) -> torch.Tensor:
        self.seen = pair
        return self.motion.expand(len(pair), 6)


def fixed(motion: list[float]) -> PoseModel:
    return PoseModel(Fixed(motion), name="fixed", input_spec=InputSpec(size_hw=(32, 32)))


def test_axis_angle_then_translation() -> None:
    quarter = torch.pi / 2
    T = fixed([0, 0, quarter, 1, 2, 3])(torch.zeros(2, 3, 32, 32), torch.zeros(2, 3, 32, 32))
    expected = torch.tensor([[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1.0]])
    assert T.shape == (2, 4, 4)
    assert torch.allclose(T[0], expected, atol=1e-6)


def test_the_first_image_comes_first() -> None:
    model = fixed([0] * 6)
    model(torch.zeros(1, 3, 32, 32), torch.ones(1, 3, 32, 32))
    assert model.network.seen[:, :3].max() == 0 and model.network.seen[:, 3:].min() == 1


def test_a_fresh_network_moves_little_and_learns_from_both() -> None:
    model = nano_pose()
    images = [torch.rand(2, 3, 61, 90, requires_grad=True) for _ in range(2)]
    T = model(*images)
    assert (T - torch.eye(4)).abs().max() < 0.05
    T[:, :3].sum().backward()
    assert all(image.grad is not None and image.grad.abs().sum() > 0 for image in images)


def test_nano_pose_is_small() -> None:
    assert sum(parameter.numel() for parameter in nano_pose().parameters()) < 1_000_000


def test_any_encoder_takes_two_images() -> None:
    model = pose(encoder="timm:mobilenetv3_small_100", width=32, size_hw=(64, 96))
    assert model(torch.rand(1, 3, 64, 96), torch.rand(1, 3, 64, 96)).shape == (1, 4, 4)


def test_a_fixed_network_takes_its_size_only() -> None:
    with pytest.raises(HondoError, match="images only"):
        PoseModel(Fixed([0] * 6), name="fixed", input_spec=InputSpec(size_hw=(32, 32), fixed=True))(
            torch.zeros(1, 3, 32, 33), torch.zeros(1, 3, 32, 33)
        )


def test_a_shared_encoder_learns_from_poses_and_is_no_copy() -> None:
    depth = build_model("unet", weights="random", encoder="light", width=0.25, size_hw=(64, 96))
    model = shared_pose(depth, width=16)
    assert model(torch.rand(2, 3, 61, 90), torch.rand(2, 3, 61, 90)).shape == (2, 4, 4)
    model(*torch.rand(2, 1, 3, 64, 96)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in depth.network.encoder.parameters())
    assert all(parameter.grad is None for parameter in depth.network.decoder.parameters())


def test_a_model_without_an_encoder_of_single_images_shares_none() -> None:
    with torch.device("meta"), pytest.raises(HondoError, match="'manydepth' has no encoder that a pose network could"):
        shared_pose(build_model("manydepth", weights="random"))
