"""Light and shadows: exposure, and depth as the lamp sees it."""

import torch

from hondo.core.types import Camera
from hondo.synthetic.rendering.rasteriser import cast
from hondo.synthetic.rendering.scene import Scene, stack
from hondo.synthetic.rendering.shade import GAMMA, MEAN_LIGHT, shade, shadow_maps
from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.scenes import make_views

CAMERA = Camera.from_fov(60, size_hw=(40, 40))


def test_the_lamp_sees_its_target(ball: Scene) -> None:
    scenes = stack([ball])
    depth = shadow_maps(scenes, make_atlas())
    assert depth.shape[0] == 1 and depth.shape[1] == depth.shape[2]
    nearest = (ball.light.lamp - ball.solids.centre[0]).norm() - 0.5
    assert torch.isfinite(depth).any() and depth.min() >= 0.9 * nearest


def test_exposure_brings_the_mean_light_to_its_value(ball: Scene) -> None:
    scenes, views, atlas = stack([ball]), make_views([ball], [CAMERA]), make_atlas()
    depth, solid = cast(scenes, views, atlas)
    image = shade(scenes, views, depth, solid, shadow_maps(scenes, atlas), atlas)
    assert image.shape == (1, 3, 40, 40)
    assert 0.5 * MEAN_LIGHT < image.pow(GAMMA).mean() < 1.5 * MEAN_LIGHT


def test_a_solid_between_lamp_and_surface_darkens_it(ball: Scene) -> None:
    scenes, views, atlas = stack([ball]), make_views([ball], [CAMERA]), make_atlas()
    depth, solid = cast(scenes, views, atlas)
    shadows = shadow_maps(scenes, atlas)
    lit, dark = (shade(scenes, views, depth, solid, each, atlas) for each in (shadows + 1e3, shadows * 0))
    assert not torch.equal(lit, dark)
