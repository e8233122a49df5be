"""Contract of every loss term: zero at the truth, finite gradient, respects the mask."""

import pytest
import torch

from hondo.losses.terms import TERMS

GENERATOR = torch.Generator().manual_seed(3)
DEPTH_GT = 1 + 5 * torch.rand(2, 1, 16, 20, generator=GENERATOR)
IS_VALID = torch.rand(2, 1, 16, 20, generator=GENERATOR) > 0.3
IMAGE = torch.rand(2, 3, 16, 20, generator=GENERATOR)
# Terms of bins compare sets, not pixels: tests/losses/test_chamfer_bins.py.
PIXELWISE = [name for name in TERMS if "bin_centres" not in TERMS[name].reads]
SUPERVISED = [name for name in PIXELWISE if "is_valid" in TERMS[name].reads]


def values(depth, *, depth_gt=DEPTH_GT, is_valid=IS_VALID):
    inverse = {"inv_depth": 1 / depth, "inv_depth_gt": 1 / depth_gt}
    return inverse | {"depth": depth, "depth_gt": depth_gt, "is_valid": is_valid, "image": IMAGE}


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
    assert (depth.grad.abs().sum() > 0) == (where == "away" or name in ("smoothness",)) or where == "truth"


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
