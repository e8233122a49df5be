"""What all objectives share: maps in both units, resizing, frozen batch norms."""

import pytest
import torch
from torch import nn

from hondo.core.types import DepthKind
from hondo.train.objectives.objective import both_units, freeze_norm_statistics, resized


@pytest.mark.parametrize("kind", [DepthKind.METRIC_DEPTH, DepthKind.METRIC_INVERSE_DEPTH])
def test_one_unit_is_the_inverse_of_the_other(kind: DepthKind) -> None:
    values = torch.rand(2, 1, 3, 4) + 0.5
    maps = both_units(values, kind)
    assert maps["inv_depth" if kind.is_inverse else "depth"] is values
    torch.testing.assert_close(maps["depth"] * maps["inv_depth"], torch.ones_like(values))


def test_a_map_of_that_size_is_returned_as_it_is() -> None:
    values = torch.rand(1, 1, 4, 6)
    assert resized(values, (4, 6)) is values
    torch.testing.assert_close(resized(values, (2, 3))[0, 0, 0, 0], values[0, 0, :2, :2].mean())


def test_frozen_batch_norms_keep_their_statistics() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2)).train()
    freeze_norm_statistics(module)
    module(torch.rand(2, 3, 4, 4))
    assert module.training and not module[1].training and module[1].num_batches_tracked == 0
