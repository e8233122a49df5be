"""Drawn places are valid pixels, evenly; an image without any says so."""

import torch

from hondo.losses.relations.drawn_points import draw_points

IS_VALID = torch.zeros(3, 1, 4, 5, dtype=torch.bool)
IS_VALID[0, 0, 0, 0] = IS_VALID[0, 0, 2, 3] = IS_VALID[0, 0, 3, 4] = True
IS_VALID[2] = True


def test_every_valid_pixel_and_no_other():
    places, has_points = draw_points(IS_VALID, 500, of=2, generator=torch.Generator().manual_seed(0))
    assert places.shape == (3, 500, 2) and has_points.shape == (3, 500)
    assert set(places[0].unique().tolist()) == {0, 13, 19} and len(places[2].unique()) == 20
    assert has_points[0].all() and not has_points[1].any() and has_points[2].all()
    counts = places[0].flatten().bincount(minlength=20)[[0, 13, 19]]
    assert (counts - 1000 / 3).abs().max() < 60
