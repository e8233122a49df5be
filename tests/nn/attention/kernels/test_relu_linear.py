"""ReLU linear attention is its quadratic form."""

import torch

from hondo.nn.attention.kernels.relu_linear import mix_by_relu


def test_it_is_its_quadratic_form() -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 1, 2, 5, 4)
    q, k = q.abs() + 0.1, k + 0.5
    weights = q.relu() @ k.relu().transpose(-2, -1)
    assert torch.allclose(mix_by_relu(q, k, v, (1, 5)), weights @ v / weights.sum(-1, keepdim=True), atol=1e-4)


def test_queries_without_features_give_zero() -> None:
    q, k, v = -torch.ones(1, 1, 3, 2), torch.ones(1, 1, 3, 2), torch.ones(1, 1, 3, 2)
    assert not mix_by_relu(q, k, v, (1, 3)).any()
