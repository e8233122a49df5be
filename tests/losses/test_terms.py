"""Contract of every loss term: zero at the truth, finite gradient, respects the mask."""

import pytest
import torch

from hondo.core.truth_kind import TruthKind
from hondo.losses.terms import TERMS

GENERATOR = torch.Generator().manual_seed(3)
DEPTH_GT = 1 + 5 * torch.rand(2, 1, 16, 20, generator=GENERATOR)
IS_VALID = torch.rand(2, 1, 16, 20, generator=GENERATOR) > 0.3
IMAGE = torch.rand(2, 3, 16, 20, generator=GENERATOR)
K = torch.tensor([[18.0, 0, 10], [0, 18, 8], [0, 0, 1]]).repeat(2, 1, 1)
# Terms of bins compare sets, not pixels: tests/losses/test_chamfer_bins.py.
PIXELWISE = [name for name in TERMS if "bin_centres" not in TERMS[name].reads]
SUPERVISED = [name for name in PIXELWISE if {"is_valid", "is_taught"} & {*TERMS[name].reads}]


def pairs_of(inv_depth):
    """Neighbours two pixels apart along the rows, with the order of their inverse depths."""
    y, x = torch.meshgrid(torch.arange(16) + 0.5, torch.arange(18) + 0.5, indexing="ij")
    order = (inv_depth[..., :-2] - inv_depth[..., 2:]).sign().nan_to_num().flatten(1)
    points = torch.stack([x, y, x + 2, y], dim=-1).flatten(0, 1).expand(2, -1, -1)
    return torch.cat([points, order[..., None]], dim=-1)


def values(depth, *, depth_gt=DEPTH_GT, is_valid=IS_VALID):
    torch.manual_seed(0)  # for terms that draw points
    inverse = {"inv_depth": 1 / depth, "inv_depth_gt": 1 / depth_gt, "pairs": pairs_of(1 / depth_gt), "K": K}
    taught = {"inv_depth_teacher": 1 / depth_gt, "is_taught": is_valid}
    taught |= {"features": torch.cat([depth, 3 - depth], 1), "features_teacher": torch.cat([depth_gt, 3 - depth_gt], 1)}
    taught["own_features"] = taught["features"]
    return inverse | taught | {"depth": depth, "depth_gt": depth_gt, "is_valid": is_valid, "image": IMAGE}


@pytest.mark.parametrize("name", PIXELWISE)
def test_scalar_and_positive_away_from_the_truth(name):
    loss = TERMS[name](values(DEPTH_GT.flip(-1)))
    assert loss.shape == () and loss.dtype == torch.float32 and loss > 0.01


@pytest.mark.parametrize("name", SUPERVISED)
def test_zero_at_the_truth(name):
    assert TERMS[name](values(DEPTH_GT)).abs() < 1e-5


@pytest.mark.parametrize("name", PIXELWISE)
@pytest.mark.parametrize("where", ["truth", "away", "nothing valid"])
def test_gradient_is_finite(name, where):
    depth = (DEPTH_GT if where == "truth" else DEPTH_GT.flip(-1)).clone().requires_grad_()
    is_valid = IS_VALID & (where != "nothing valid")
    loss = TERMS[name](values(depth, is_valid=is_valid))
    loss.backward()
    assert loss.isfinite() and depth.grad.isfinite().all()
    assert loss == 0 or where != "nothing valid" or name not in SUPERVISED
    assert (depth.grad.abs().sum() > 0) == (where == "away" or name not in SUPERVISED) or where == "truth"


@pytest.mark.parametrize("name", SUPERVISED)
@pytest.mark.parametrize("bad", [torch.nan, torch.inf, 0.0, -1.0, 1e9])
def test_the_masked_do_not_count(name, bad):
    depth = DEPTH_GT.flip(-1).clone()
    spoilt_gt = torch.where(IS_VALID, DEPTH_GT, bad)
    depth_bad = torch.where(IS_VALID, depth, 3.0).requires_grad_()
    loss = TERMS[name](values(depth_bad, depth_gt=spoilt_gt))
    assert torch.equal(loss, TERMS[name](values(depth)))
    loss.backward()
    assert depth_bad.grad.isfinite().all() and (depth_bad.grad[~IS_VALID] == 0).all()


def test_unknown_term_names_the_nearest():
    with pytest.raises(ValueError, match="silog"):
        TERMS["silogs"]


@pytest.mark.parametrize("name", TERMS)
def test_it_says_which_truth_it_compares_with(name):
    term = TERMS[name]
    compares = {"depth_gt", "inv_depth_gt", "pairs"} & {*term.reads}
    assert (term.needs is not None) == bool(compares)
    assert (term.needs is TruthKind.METRIC) <= ("depth_gt" in compares)


@pytest.mark.parametrize("name", [name for name in SUPERVISED if TERMS[name].needs is TruthKind.UP_TO_SCALE])
def test_a_common_factor_is_free_where_truth_has_none(name):
    assert TERMS[name](values(3 * DEPTH_GT)).abs() < 1e-5


@pytest.mark.parametrize("name", [name for name in SUPERVISED if TERMS[name].needs is TruthKind.UP_TO_SCALE_AND_SHIFT])
def test_factor_and_shift_are_free_where_truth_has_neither(name):
    assert TERMS[name](values(1 / (3 / DEPTH_GT + 0.4))).abs() < 1e-5


def test_bins_of_an_image_without_truth_cost_nothing():
    centres = torch.rand(2, 7, generator=GENERATOR).requires_grad_()
    given = values(DEPTH_GT, is_valid=torch.zeros_like(IS_VALID)) | {"bin_centres": centres}
    loss = TERMS["chamfer_bins"](given)
    loss.backward()
    assert loss == 0 and (centres.grad == 0).all()
