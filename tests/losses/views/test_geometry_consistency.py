"""Depths of two views of a wall."""

import torch

from hondo.losses.views.geometry_consistency import inconsistency

K = torch.tensor([[[10.0, 0, 8], [0, 10, 6], [0, 0, 1]]])


def test_a_wall_that_is_twice_as_far_differs_by_a_third():
    T = torch.eye(4)[None, None].clone()
    T[..., 2, 3] = -0.5  # the source is half a metre nearer
    wall = torch.full((1, 1, 12, 16), 2.0)
    there = torch.full((1, 1, 1, 12, 16), 3.0)
    found = inconsistency(wall, T, K, K[:, None], there)
    is_seen = found.isfinite()
    torch.testing.assert_close(found[is_seen], torch.full_like(found[is_seen], 1.5 / 4.5))
    assert 0.4 < is_seen.float().mean() < 0.7  # the rest lies outside of the nearer view
