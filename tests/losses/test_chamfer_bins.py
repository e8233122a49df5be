"""The chamfer distance between bin centres and true depths."""

import pytest
import torch

from hondo.losses.chamfer_bins import chamfer_bins_loss, nearest_distance

GENERATOR = torch.Generator().manual_seed(5)
DEPTH_GT = 1 + 5 * torch.rand(2, 1, 6, 8, generator=GENERATOR)
IS_VALID = torch.rand(2, 1, 6, 8, generator=GENERATOR) > 0.3
CENTRES = 1 + 5 * torch.rand(2, 7, generator=GENERATOR)


def test_it_is_what_all_pairs_give() -> None:
    wanted = []
    for centres, depth, is_valid in zip(CENTRES, DEPTH_GT, IS_VALID, strict=True):
        squares = (depth[is_valid][:, None] - centres[None]).square()
        wanted.append(squares.min(1).values.mean() + squares.min(0).values.mean())
    torch.testing.assert_close(chamfer_bins_loss(CENTRES, DEPTH_GT, is_valid=IS_VALID), torch.stack(wanted).mean())


def test_zero_where_the_centres_are_the_depths() -> None:
    centres = DEPTH_GT.flatten(1).requires_grad_()
    loss = chamfer_bins_loss(centres, DEPTH_GT, is_valid=torch.ones_like(IS_VALID))
    loss.backward()
    assert loss == 0 and centres.grad is not None and centres.grad.abs().sum() == 0


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, 0.0, -1.0])
def test_the_masked_do_not_count(bad: float) -> None:
    spoilt = torch.where(IS_VALID, DEPTH_GT, bad)
    loss = chamfer_bins_loss(CENTRES, spoilt, is_valid=IS_VALID)
    assert torch.equal(loss, chamfer_bins_loss(CENTRES, DEPTH_GT, is_valid=IS_VALID))


@pytest.mark.parametrize("valid", ["some", "one image", "none"])
def test_the_gradient_is_finite(valid: str) -> None:
    is_valid = IS_VALID.clone()
    is_valid[{"some": 2, "one image": 1, "none": 0}[valid] :] = False
    centres = CENTRES.clone().requires_grad_()
    loss = chamfer_bins_loss(centres, DEPTH_GT, is_valid=is_valid)
    loss.backward()
    assert loss.isfinite() and centres.grad is not None and centres.grad.isfinite().all()
    assert (loss > 0) == (valid != "none")


def test_the_nearest_of_unsorted_numbers() -> None:
    found = nearest_distance(torch.tensor([[0.0, 4.0, 9.0]]), torch.tensor([[5.0, 1.0, 2.0]]))
    assert found.tolist() == [[1.0, 1.0, 4.0]]
