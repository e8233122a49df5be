"""Which of two points is nearer: exact values, free factor and shift, unknown pairs."""

import torch

from hondo.losses.relations.ranking import MARGIN, ordinal_loss, pair_hinge, ranking_loss

NAN = torch.nan
INV_DEPTH = torch.tensor([[0.0, 1.0, 2.0, 5.0]]).view(1, 1, 1, 4)  # median 1, mean absolute deviation 1.5


def pair(first, second, order):
    return [first + 0.5, 0.5, second + 0.5, 0.5, float(order)]


def loss(*pairs, inv_depth=INV_DEPTH):
    return float(ordinal_loss(inv_depth, torch.tensor([list(pairs)])))


def test_right_order_costs_nothing_and_wrong_order_its_difference():
    assert loss(pair(3, 0, 1), pair(0, 2, -1)) == 0
    assert abs(loss(pair(3, 0, -1)) - (5 / 1.5 + MARGIN)) < 1e-6
    assert abs(loss(pair(1, 2, 0)) - (1 / 1.5 - MARGIN)) < 1e-6
    assert loss(pair(1, 1, 0)) == 0


def test_factor_and_shift_are_free_and_unknown_pairs_do_not_count():
    wrong = pair(3, 0, -1)
    assert abs(loss(wrong) - loss(wrong, inv_depth=7 * INV_DEPTH - 3)) < 1e-5
    assert loss(wrong, [NAN] * 5) == loss(wrong) and loss([NAN] * 5) == 0


def test_points_at_the_border_and_gradients():
    inv_depth = torch.rand(1, 1, 6, 8, requires_grad=True)
    value = ordinal_loss(inv_depth, torch.tensor([[[8.0, 6.0, 0.0, 0.0, 1.0], [3.5, 2.5, 4.5, 2.5, -1.0]]]), margin=9.0)
    value.backward()
    assert value > 0 and inv_depth.grad.isfinite().all() and inv_depth.grad.abs().sum() > 0


def test_drawn_pairs_find_a_map_turned_round():
    truth = torch.rand(2, 1, 12, 16, generator=torch.Generator().manual_seed(0))
    known = torch.ones_like(truth, dtype=torch.bool)
    assert ranking_loss(truth, truth, is_valid=known) == 0
    assert ranking_loss(-truth, truth, is_valid=known) > 1
    first = ranking_loss(truth.flip(-1), truth, is_valid=known, generator=torch.Generator().manual_seed(1))
    again = ranking_loss(truth.flip(-1), truth, is_valid=known, generator=torch.Generator().manual_seed(1))
    assert first == again


def test_images_without_pairs_do_not_weigh():
    difference, order = torch.tensor([[-1.0], [5.0]]), torch.tensor([[1.0], [-1.0]])
    is_pair = torch.tensor([[True], [False]])
    assert pair_hinge(difference, order, is_pair, margin=0.5) == 1.5
