"""Labels that say less than metres agree with the metres they are made of."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.truth_kind import TruthKind
from hondo.data.datasets.registry import open_dataset, open_mix
from hondo.data.datasets.relative_scenes import RelativeScenes
from hondo.synthetic.scenes import SyntheticScenes

KEYS = {"length": 2, "seed": 3, "size_hw": (32, 48)}


@pytest.fixture(scope="module")
def truth():
    return SyntheticScenes(**KEYS)[1]


def test_inverse_depth_is_known_up_to_factor_and_shift(truth) -> None:
    sample = RelativeScenes(**KEYS)[1]
    assert sample.truth is TruthKind.UP_TO_SCALE_AND_SHIFT and torch.equal(sample.valid, truth.valid)
    given, metric = 1 / sample.depth_gt[sample.valid], 1 / truth.depth_gt[truth.valid]
    line = torch.stack([metric, torch.ones_like(metric)], 1).double()
    fitted = line @ torch.linalg.lstsq(line, given[:, None].double()).solution
    assert torch.allclose(fitted[:, 0], given.double(), atol=1e-4) and not torch.allclose(given, metric, atol=1e-2)


def test_pairs_are_ordered_as_the_depth_is(truth) -> None:
    samples = open_dataset("synthetic-relative", labels="pairs", **KEYS)
    sample = samples[1]
    assert sample.truth is TruthKind.ORDINAL and sample.depth_gt is None and len(sample.pairs) > 30
    x1, y1, x2, y2 = (sample.pairs[:, :4] - 0.5).long().T
    first, second = truth.depth_gt[0, y1, x1], truth.depth_gt[0, y2, x2]
    order = sample.pairs[:, 4]
    assert (order.abs() == 1).any() and torch.all(first[order == 1] < second[order == 1])
    assert torch.all(first[order == -1] > second[order == -1])
    assert torch.equal(samples[1].pairs, sample.pairs)


def test_unknown_labels_are_refused() -> None:
    with pytest.raises(HondoError, match="shift"):
        open_mix(sets={"synthetic-relative@metres": 1.0}, size_hw=(32, 48))
