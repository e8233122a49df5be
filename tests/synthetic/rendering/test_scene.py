"""Scenes side by side: which solids belong to which scene."""

import torch

from hondo.synthetic.rendering.scene import Scene, stack


def test_stacked_scenes_keep_their_solids_in_order(ball: Scene) -> None:
    both = stack([ball, ball])
    assert both.first.tolist() == [0, 2, 4]
    assert torch.equal(both.solids.centre[2:], ball.solids.centre)
    assert both.light.fill.shape == (2, 2, 3) and torch.equal(both.light.lamp[1], ball.light.lamp)


def test_all_fields_move_to_a_device(ball: Scene) -> None:
    moved = stack([ball]).to("meta")
    assert moved.first.is_meta and moved.solids.kind.is_meta and moved.light.haze.is_meta
