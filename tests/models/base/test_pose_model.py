"""Pose networks give rigid transforms near identity."""

import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.core.types import InputSpec
from hondo.models.base.pose_model import PoseModel


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


def test_a_fixed_network_takes_its_size_only() -> None:
    with pytest.raises(HondoError, match="images only"):
        PoseModel(Fixed([0] * 6), name="fixed", input_spec=InputSpec(size_hw=(32, 32), fixed=True))(
            torch.zeros(1, 3, 32, 33), torch.zeros(1, 3, 32, 33)
        )
