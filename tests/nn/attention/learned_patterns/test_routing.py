"""Clusters: what they take, and how their centroids move."""

import pytest
import torch
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.nn.attention.learned_patterns.routing import RoutedMix, routing_attention


def mix_of_two() -> RoutedMix:
    mix = RoutedMix(num_heads=1, head_dim=2, clusters=2, decay=0.5)
    mix.centroids.copy_(torch.tensor([[[1.0, 0.0], [0.0, 1.0]]]))
    return mix.eval()


def test_tokens_attend_within_their_cluster() -> None:
    right, up = torch.tensor([5.0, 0.1]), torch.tensor([0.1, 5.0])
    q = k = torch.stack([right, up, right, up])[None, None]
    v = torch.tensor([1.0, 10, 3, 30])[None, None, :, None].expand(1, 1, 4, 2)
    mixed = mix_of_two()(q, k, v, (2, 2))[0, 0, :, 0]
    assert torch.allclose(mixed, torch.tensor([2.0, 20, 2, 20]), atol=1e-4)


def test_a_token_that_no_cluster_takes_keeps_its_value() -> None:
    left = torch.tensor([-5.0, -5.0])
    q = k = torch.stack([left, torch.tensor([5.0, 5.0]), torch.tensor([4.0, 5.0]), left])[None, None]
    v = torch.arange(8.0).reshape(1, 1, 4, 2)
    mixed = mix_of_two()(q, k, v, (2, 2))
    assert torch.equal(mixed[0, 0, 0], v[0, 0, 0]) and torch.equal(mixed[0, 0, 3], v[0, 0, 3])


def test_centroids_move_in_training_alone() -> None:
    mix = mix_of_two()
    before = mix.centroids.clone()
    q = torch.tensor([[1.0, 0.2], [0.2, 1.0]])[None, None]
    mix(q, q, q, (1, 2))
    assert torch.equal(mix.centroids, before)
    mix.train()(q, q, q, (1, 2))
    assert torch.allclose(
        mix.centroids[0, 0], F.normalize(before[0, 0] / 2 + F.normalize(q[0, 0, 0], dim=0) / 2, dim=0)
    )


def test_a_cluster_is_needed() -> None:
    with pytest.raises(HondoError, match="clusters=0"):
        routing_attention(dim=8, num_heads=2, clusters=0)
