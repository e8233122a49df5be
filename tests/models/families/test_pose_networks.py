"""Pose networks move little at first, learn from both images, and can share a depth model's encoder."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.families.pose_networks import nano_pose, pose, shared_pose
from hondo.models.registry.build_model import build_model


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
