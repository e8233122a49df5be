"""Ground-truth metrics of an export beside torch's: what is better, what is worse, what does not count."""

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.core.types import DepthKind
from hondo.evaluate.parity.ground_truth_delta import score_both

GT = np.linspace(1, 4, 48, dtype=np.float32).reshape(6, 8)


def sample() -> Sample:
    depth = torch.from_numpy(GT)[None]
    return Sample(image=torch.zeros(3, 6, 8), depth_gt=depth, valid=torch.ones_like(depth, dtype=torch.bool))


def test_the_change_is_relative_and_positive_where_it_is_worse() -> None:
    truth = score_both([sample()], [(1.1 * GT, 1.15 * GT)], kind=DepthKind.METRIC_DEPTH)
    assert truth is not None and truth.images == 1
    assert truth.torch.abs_rel == pytest.approx(0.1) and truth.change("abs_rel") == pytest.approx(0.5, rel=1e-4)
    assert truth.worst == pytest.approx(0.5, rel=1e-4) and "+50.00%" in str(truth)
    better = score_both([sample()], [(1.3 * GT, 1.1 * GT)], kind=DepthKind.METRIC_DEPTH)
    assert better is not None and better.change("delta1") == pytest.approx(-1e6), "none within 1.25, then all"
    assert better.worst < 0


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (DepthKind.SCALED_INVERSE_DEPTH, 7 / GT),
        (DepthKind.RELATIVE_INVERSE_DEPTH, 7 / GT + 3),
    ],
)
def test_what_a_kind_leaves_open_is_aligned(kind, given) -> None:
    truth = score_both([sample()], [(given, 2 * given)], kind=kind)
    assert truth is not None and truth.torch.abs_rel < 1e-5 and truth.exported.abs_rel < 1e-5


def test_images_without_depth_do_not_count() -> None:
    assert score_both([Sample(image=torch.zeros(3, 6, 8))], [(GT, GT)], kind=DepthKind.METRIC_DEPTH) is None
    nothing = np.zeros_like(GT)  # of scaled depth: no factor aligns it
    pairs = [(-1 / GT, 1 / GT), (1 / GT, 1 / GT)]
    truth = score_both([sample(), sample()], pairs, kind=DepthKind.SCALED_INVERSE_DEPTH)
    assert truth is not None and truth.images == 1
    with pytest.raises(HondoError):
        score_both([sample()], [(1 / GT, nothing)], kind=DepthKind.SCALED_INVERSE_DEPTH)


def test_what_is_infinitely_far_is_a_number() -> None:
    holes = np.where(GT > 3.9, 0, 1 / GT)  # inverse depth of nothing
    for kind, farthest in ((DepthKind.METRIC_INVERSE_DEPTH, 80), (DepthKind.RELATIVE_INVERSE_DEPTH, 4)):
        truth = score_both([sample()], [(1 / GT, holes)], kind=kind)
        assert truth is not None and truth.torch.rmse < 1e-5 < truth.exported.rmse <= farthest
