"""cosFormer is its quadratic form."""

import math

import torch

from hondo.nn.attention.kernels.cosformer import mix_by_cosines


def test_it_is_its_quadratic_form() -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 1, 2, 5, 4)
    q, k = q.abs() + 0.1, k + 0.5
    place = torch.arange(5)
    weights = q.relu() @ k.relu().transpose(-2, -1) * torch.cos((place[:, None] - place) * math.pi / 2 / 5)
    expected = weights @ v / weights.sum(-1, keepdim=True)
    assert torch.allclose(mix_by_cosines(q, k, v, (1, 5)), expected, atol=1e-4)


def test_queries_without_features_give_zero() -> None:
    q, k, v = -torch.ones(1, 1, 3, 2), torch.ones(1, 1, 3, 2), torch.ones(1, 1, 3, 2)
    assert not mix_by_cosines(q, k, v, (1, 3)).any()
