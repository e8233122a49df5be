"""Ray casting against the solids' own equations, and against an image without tiles."""

import math

import numpy as np
import pytest
import torch

from hondo.core.types import Camera
from hondo.synthetic.rendering import rasteriser as raster
from hondo.synthetic.rendering import solids
from hondo.synthetic.rendering.scene import stack
from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.scenes import make_views
from hondo.synthetic.viewpoints import Eye, World, scattered
from hondo.synthetic.worlds.scene_builder import Builder, make_light

CAMERA = Camera.from_fov(90, size_hw=(41, 57))


def scene_of(kind: str, size: tuple[float, float, float], *, away: float, **options):
    """One solid straight ahead of a camera that stands at the origin, 1 m high."""
    rng = np.random.default_rng(0)
    builder = Builder(rng, make_atlas())
    builder.add(kind, (0, 1, away), size, builder.material("plain"), **options)
    place = {"lamp": (0, 5, 0), "target": (0, 0, 3), "fills": [(0, 1, 0), (0, 1, 1)]}
    numbers = {"radius": 5.0, "strength": 1.0, "fill_strength": 0.1, "ambient": 0.5}
    light = make_light(rng, cloud=builder.cloud_texture(), is_sun=False, **place, **numbers)
    eye = Eye(x=0, z=0, height=1, yaw=0, pitch=0, roll=0, speed=0.1)
    return scattered(World(solids=builder.solids(), light=light, eye=lambda _: eye), rng, 1)


def depth_of(scene, camera: Camera = CAMERA) -> torch.Tensor:
    depth, _ = raster.cast(stack([scene]), make_views([scene], [camera]), make_atlas())
    return depth[0]


def test_a_wall_ahead_has_one_depth() -> None:
    depth = depth_of(scene_of("box", (50, 50, 0.2), away=4))
    torch.testing.assert_close(depth, torch.full_like(depth, 3.9))


def test_a_ball_is_where_its_equation_says() -> None:
    depth = depth_of(scene_of("ellipsoid", (2, 2, 2), away=5))
    rays = make_views([scene_of("ellipsoid", (2, 2, 2), away=5)], [CAMERA]).rays()[0]
    a, b = rays.square().sum(-1), 5 * rays[..., 2]
    inside = b.square() - a * 24
    expected = torch.where(inside >= 0, (b - inside.clamp(min=0).sqrt()) / a, torch.inf)
    assert (torch.isinf(depth) == torch.isinf(expected)).all()
    seen = torch.isfinite(expected)
    torch.testing.assert_close(depth[seen], expected[seen], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["box", "tapered", "ellipsoid", "cylinder"])
def test_points_seen_lie_on_the_solid(kind: str) -> None:
    scene = scene_of(kind, (1.5, 1.2, 1.8), away=3, yaw=0.7, pitch=0.4, roll=0.3, taper=(0.5, 0.3))
    depth = depth_of(scene)
    seen = torch.isfinite(depth)
    assert 0.02 < seen.float().mean() < 0.8
    rays = make_views([scene], [CAMERA]).rays()[0]
    point = (rays * depth[..., None])[seen] + scene.eyes[0]
    s = scene.solids
    q = ((point - s.centre[0]) @ s.R_world_solid[0] / s.half[0]).T
    height = (1 - q[1]) / 2
    surface = {
        "box": q.abs().amax(0),
        "tapered": torch.stack((q[0].abs() + 0.5 * height, q[1].abs(), q[2].abs() + 0.3 * height)).amax(0),
        "ellipsoid": q.norm(dim=0),
        "cylinder": torch.maximum(q[[0, 2]].norm(dim=0), q[1].abs()),
    }[kind]
    torch.testing.assert_close(surface, torch.ones_like(surface), atol=2e-3, rtol=0)
    normal = solids.surface_normal(
        q, s.half[0][:, None].expand_as(q), s.taper.T.expand(2, q.shape[1]), s.kind.expand(q.shape[1])
    )
    torch.testing.assert_close(normal.norm(dim=0), torch.ones(q.shape[1]), atol=1e-4, rtol=0)
    toward = (normal * ((rays[seen] @ s.R_world_solid[0]).T)).sum(0)
    assert (toward < 0.05).float().mean() > 0.97, "visible faces look at the camera"


def test_tiles_do_not_change_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solids that reach behind the camera or over the border are found in every tile."""
    scene = scene_of("cylinder", (1.0, 9, 1.0), away=1.2, pitch=math.pi / 2 - 0.2)
    tiled = depth_of(scene)
    everywhere = torch.tensor([[-1e6, -1e6, 1e6, 1e6]])
    monkeypatch.setattr(raster, "_rectangles", lambda corners, K: everywhere.expand(len(corners), 4))
    assert torch.isfinite(tiled).any()
    assert torch.equal(tiled, depth_of(scene))


def test_two_scenes_at_once_are_the_same_as_one_by_one() -> None:
    scenes = [scene_of("box", (1, 1, 1), away=3), scene_of("ellipsoid", (1, 2, 1), away=2)]
    both, _ = raster.cast(stack(scenes), make_views(scenes, [CAMERA, CAMERA]), make_atlas())
    assert torch.equal(both, torch.stack([depth_of(scene) for scene in scenes]))


def test_nearest_solid_wins() -> None:
    near, far = scene_of("box", (1, 1, 1), away=3), scene_of("box", (50, 50, 1), away=9)
    merged = type(near.solids)(
        **{name: torch.cat((getattr(far.solids, name), getattr(near.solids, name))) for name in vars(near.solids)}
    )
    depth = depth_of(type(near)(solids=merged, light=near.light, eyes=near.eyes, R_world_camera=near.R_world_camera))
    assert depth[20, 28] == pytest.approx(2.5) and depth[0, 0] == pytest.approx(8.5)
