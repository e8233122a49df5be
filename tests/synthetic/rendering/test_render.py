"""Images with depth: exact depth, sky at infinity, the same with shadows made before."""

import pytest
import torch

from hondo.core.types import Camera
from hondo.synthetic.rendering.render import render
from hondo.synthetic.rendering.scene import Scene, stack
from hondo.synthetic.rendering.shade import shadow_maps
from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.scenes import make_views

CAMERA = Camera.from_fov(90, size_hw=(31, 41))


def test_depth_is_along_the_axis_and_sky_is_at_infinity(ball: Scene) -> None:
    frames = render(stack([ball]), make_views([ball], [CAMERA]), make_atlas())
    assert frames.image.shape == (1, 3, 31, 41) and frames.image.min() >= 0 and frames.image.max() <= 1
    assert frames.depth[0, 0, 15, 20] == pytest.approx(2.5, abs=1e-3)
    assert torch.isinf(frames.depth[0, 0, 0, 0])


def test_shadows_may_be_made_before(ball: Scene) -> None:
    scenes, views, atlas = stack([ball]), make_views([ball], [CAMERA]), make_atlas()
    once = render(scenes, views, atlas, shadow_maps(scenes, atlas))
    assert torch.equal(once.image, render(scenes, views, atlas).image)
