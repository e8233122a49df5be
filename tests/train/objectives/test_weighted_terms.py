"""Each loss reads only the samples whose kind of truth it understands."""

from dataclasses import replace

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.core.truth_kind import TruthKind
from hondo.core.types import DepthKind
from hondo.losses.silog import silog_loss
from hondo.losses.terms import TERMS
from hondo.train.objectives.objective_config import SupervisedConfig
from hondo.train.objectives.weighted_terms import understood_rows, weighted_terms

METRIC, SCALE, SHIFT, ORDINAL, STEREO = TruthKind
DEPTH = 1 + torch.rand(4, 1, 16, 16, generator=torch.Generator().manual_seed(0))
PRED = 1 + torch.rand(4, 1, 16, 16, generator=torch.Generator().manual_seed(1))
KNOWN = torch.ones_like(DEPTH, dtype=torch.bool)
PAIRS = torch.tensor([[0.5, 0.5, 8.5, 8.5, 1.0], [3.5, 2.5, 9.5, 4.5, -1.0]]).repeat(4, 1, 1)
MIXED = Batch(
    image=torch.rand(4, 3, 16, 16), depth_gt=DEPTH, valid=KNOWN, truths=(METRIC, SCALE, SHIFT, ORDINAL), pairs=PAIRS
)


def terms(batch: Batch, pred: torch.Tensor = PRED, **weights: float) -> dict[str, torch.Tensor]:
    return weighted_terms([pred], batch, kind=DepthKind.METRIC_DEPTH, config=SupervisedConfig(terms=weights))


@pytest.mark.parametrize(
    ("name", "rows"),
    [("silog", [0]), ("scale_invariant", [0, 1, 3]), ("ssi", [0, 1, 2, 3]), ("ordinal", [0, 1, 2, 3, 4])],
)
def test_understood_rows(name: str, rows: list[int]) -> None:
    batch = Batch(image=torch.rand(5, 3, 16, 16), truths=(METRIC, SCALE, SHIFT, STEREO, ORDINAL))
    assert understood_rows(TERMS[name], batch) == rows
    assert understood_rows(TERMS["smoothness"], batch) == [0, 1, 2, 3, 4]
    assert understood_rows(TERMS[name], replace(batch, truths=())) == [0, 1, 2, 3, 4]


def test_a_metric_loss_sees_the_metric_sample_alone_and_gives_others_no_gradient() -> None:
    pred = PRED.clone().requires_grad_()
    loss = terms(MIXED, pred, silog=2.0)["silog"]
    torch.testing.assert_close(loss, 2 * silog_loss(PRED[:1], DEPTH[:1], is_valid=KNOWN[:1]))
    loss.backward()
    assert pred.grad[0].abs().sum() > 0 and (pred.grad[1:] == 0).all()


def test_what_no_sample_understands_is_zero_with_a_gradient() -> None:
    pred = PRED.clone().requires_grad_()
    loss = terms(replace(MIXED, truths=(SHIFT,) * 4), pred, silog=1.0)["silog"]
    loss.backward()
    assert loss == 0 and (pred.grad == 0).all()


def test_ordinal_truth_alone_has_no_map() -> None:
    alone = replace(MIXED, depth_gt=None, valid=None, truths=(ORDINAL,) * 4)
    parts = terms(alone, ordinal=1.0, ssi=1.0)
    assert parts["ordinal"] > 0 and parts["ssi"] == 0
    assert terms(replace(MIXED, pairs=None), ordinal=1.0)["ordinal"] == 0


def test_options_of_a_loss() -> None:
    config = SupervisedConfig(
        terms={"silog": 1.0, "ssi": 1.0}, options={"silog.variance_focus": 0.0, "ssi.num_scales": 2}
    )
    batch = replace(MIXED, truths=())
    parts = weighted_terms([PRED], batch, kind=DepthKind.METRIC_DEPTH, config=config)
    torch.testing.assert_close(parts["silog"], silog_loss(PRED, DEPTH, is_valid=KNOWN, variance_focus=0.0))


def test_planes_in_space_need_a_camera() -> None:
    with pytest.raises(HondoError, match="camera's intrinsics"):
        terms(MIXED, virtual_normal=1.0)
