"""k-means in one dimension, and models of few values."""

import pytest
import torch

from hondo.compress.cluster import cluster, nearest, with_shared_values
from hondo.compress.steps import compress
from hondo.core.errors import HondoError


def test_values_that_form_clusters_are_found() -> None:
    torch.manual_seed(0)
    rows = torch.randint(4, (1, 400)).float() + 0.01 * torch.randn(1, 400)
    shared = with_shared_values(rows, count=4)
    assert len(shared.unique()) == 4 and (shared - rows).abs().max() < 0.05


def test_zeros_stay_zero() -> None:
    torch.manual_seed(0)
    rows = torch.randn(3, 500)
    rows[:, ::3] = 0
    shared = with_shared_values(rows, count=8)
    assert torch.equal(shared == 0, rows == 0) or bool((shared[rows == 0] == 0).all())
    assert all(len(row.unique()) <= 8 for row in shared)


def test_more_centroids_are_closer() -> None:
    torch.manual_seed(0)
    rows = torch.randn(2, 3000)
    errors = [float((with_shared_values(rows, count=count) - rows).square().mean()) for count in (2, 4, 16, 64)]
    assert errors == sorted(errors, reverse=True) and errors[2] < 0.02  # the best of 16 for a normal is 0.0095


def test_nearest() -> None:
    assert nearest(torch.tensor([[0.1, 0.9, 2.0]]), torch.tensor([[0.0, 1.0]])).tolist() == [[0, 1, 1]]


def test_channels_have_values_of_their_own(plain) -> None:
    model = cluster(plain, 4, per_channel=True).model
    weight = dict(model.named_parameters())["network.encoder.blocks.0.mlp.fc1.weight"]
    assert all(len(row.unique()) <= 4 for row in weight) and len(weight.unique()) > 4


@pytest.mark.parametrize("text", ["cluster=1", "cluster=257", "cluster=many"])
def test_wrong_numbers_are_refused(plain, text: str) -> None:
    with pytest.raises(HondoError, match="must be 2 to 256 centroids"):
        compress(plain, text)
