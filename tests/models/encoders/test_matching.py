"""A ResNet with a cost volume: its depths, and an empty volume without earlier frames."""

import torch

from hondo.models.encoders.matching import MatchingResNet
from hondo.models.encoders.timm_features import timm_encoder


def matching() -> MatchingResNet:
    torch.manual_seed(0)
    return MatchingResNet(timm_encoder("resnet18", pretrained=False), num_depths=5, depth_range=(1.0, 3.0)).eval()


def test_the_depths_are_linear_between_the_ends() -> None:
    torch.testing.assert_close(matching().depths, torch.tensor([1.0, 1.5, 2.0, 2.5, 3.0]))


def test_without_earlier_frames_nothing_is_seen() -> None:
    encoder = matching()
    with torch.no_grad():
        features, found = encoder(torch.rand(2, 3, 64, 96))
    assert [x.shape[1:] for x in features] == [
        (channels, 64 // stride, 96 // stride)
        for channels, stride in zip(encoder.channels, encoder.strides, strict=True)
    ]
    assert found.cost.shape == (2, 5, 16, 24) and not found.is_seen.any() and not found.cost.any()


def test_no_gradient_flows_to_earlier_frames() -> None:
    encoder, previous = matching(), torch.rand(1, 1, 3, 64, 64, requires_grad=True)
    K = torch.tensor([[[50.0, 0, 32], [0, 50, 32], [0, 0, 1]]])
    features, _ = encoder(torch.rand(1, 3, 64, 64), previous, K, torch.eye(4).expand(1, 1, 4, 4))
    features[-1].sum().backward()
    assert previous.grad is None and encoder.reduce[0].weight.grad is not None
