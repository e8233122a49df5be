"""The gradient term weighted by the image's edges."""

import torch

from hondo.losses.edge_gradient import contrast, depth_edge_loss, edge_gradient_loss
from hondo.losses.gradient import gradient_loss

GT = 1 + torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
ALL = torch.ones_like(GT, dtype=torch.bool)
STEP = torch.zeros(1, 3, 16, 16)
STEP[..., 8:] = 1.0  # an edge between columns 7 and 8


def off(column):
    """The truth times e from a column on."""
    pred = GT.clone()
    pred[..., column:] *= torch.e
    return pred


def test_on_a_flat_image_it_is_the_gradient_term():
    pred = 0.1 + torch.rand_like(GT)
    plain = gradient_loss(pred.log() - GT.log(), ALL)
    torch.testing.assert_close(edge_gradient_loss(pred, GT, torch.zeros_like(STEP), is_valid=ALL), plain)


def test_a_depth_edge_at_an_image_edge_weighs_more():
    options = {"is_valid": ALL, "num_scales": 1}
    torch.testing.assert_close(edge_gradient_loss(off(4), GT, STEP, **options), torch.tensor(1 / 15))
    torch.testing.assert_close(edge_gradient_loss(off(8), GT, STEP, **options), torch.tensor(11 / 15))


def test_contrast_is_on_the_first_of_two_pixels():
    assert contrast(STEP)[0, 0, 3].nonzero().flatten().tolist() == [7]
    assert contrast(STEP.mT)[0, 0, :, 3].nonzero().flatten().tolist() == [7]


def test_only_depth_edges_count_and_any_factor_is_free():
    gt = torch.ones(1, 1, 16, 16)
    gt[..., 8:] = 2.0
    assert depth_edge_loss(3 * gt, gt, is_valid=ALL) == 0
    ripple = gt.clone()
    ripple[..., 2] = 5.0  # far from the edge
    assert depth_edge_loss(ripple, gt, is_valid=ALL) == 0
    lost = depth_edge_loss(torch.ones_like(gt), gt, is_valid=ALL)
    torch.testing.assert_close(lost, torch.tensor(2.0).log() / 2)  # nothing changes from row to row


def test_a_blurred_edge_costs_something():
    gt = torch.ones(1, 1, 16, 16)
    gt[..., 8:] = 2.0
    soft = torch.ones_like(gt)
    soft[..., 6:11] = torch.linspace(1.0, 2.0, 5)
    soft[..., 11:] = 2.0
    assert 0.05 < depth_edge_loss(soft, gt, is_valid=ALL) < depth_edge_loss(torch.ones_like(gt), gt, is_valid=ALL)


def test_edges_of_sparse_truth_do_not_count():
    is_valid = torch.zeros_like(ALL)
    is_valid[..., ::4, ::4] = True
    assert depth_edge_loss(off(4), GT, is_valid=is_valid) == 0
