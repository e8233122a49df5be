"""Colours the pixels that rasteriser.py found: textures, lamps with shadows, reflections of the sky, haze and clouds.

Vectors have their components first, then the frame, then the pixel (3 f p): sums over components are fast this way.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hondo.synthetic.rendering.rasteriser import Views, cast
from hondo.synthetic.rendering.scene import Light, SceneBatch
from hondo.synthetic.rendering.solids import normalised, surface_normal, texture_coordinates
from hondo.synthetic.rendering.textures import TextureAtlas

SHADOW_SIZE = 256
GAMMA = 2.2
MEAN_LIGHT = 0.22  # linear brightness that every scene is exposed to
Vectors = Float[Tensor, "3 f p"]
Scalars = Float[Tensor, "f p"]


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Material and geometry of every pixel."""

    point: Vectors  # metres, world
    normal: Vectors  # unit, towards the camera
    looking: Vectors  # unit, from the camera
    albedo: Vectors  # linear
    gloss: Scalars
    glow: Scalars


def shade(
    scenes: SceneBatch,
    views: Views,
    depth: Float[Tensor, "f h w"],
    solid: Int[Tensor, "f h w"],
    shadows: Float[Tensor, "s m m"],
    atlas: TextureAtlas,
) -> Float[Tensor, "f 3 h w"]:
    """RGB 0..1, exposed so that the images of each scene have the same mean together."""
    light = _of_frames(scenes.light, views.scene)
    is_sky = torch.isinf(depth).flatten(1)
    reach = depth.flatten(1).masked_fill(is_sky, 1.0)
    surface = _surface(scenes, views, reach, solid.flatten(1), atlas)
    facing = (surface.normal * surface.looking).sum(0)
    ambient = light.ambient.T[..., None]
    glance = (_occlusion(depth).flatten(1) * (0.65 - 0.35 * surface.normal[1])) * ambient
    colour = surface.albedo * (glance + _lamps(scenes, views, light, surface, shadows) + surface.glow)
    fresnel = surface.gloss * (0.08 + 0.92 * (1 + facing).clamp(0, 1) ** 4)
    mirrored = surface.looking - 2 * facing * surface.normal
    colour = torch.lerp(colour, _sky(light, mirrored) * ambient, fresnel.expand_as(colour))
    if light.haze.any():
        clear = torch.exp(-light.haze[:, None] * reach).expand_as(colour)
        colour = torch.lerp(light.horizon.T[..., None].expand_as(colour), colour, clear)
    if is_sky.any():
        colour = torch.where(is_sky, _clouded(light, surface.looking, is_sky, atlas), colour)
    colour = colour * _exposure(colour.mean((0, 2)), views.scene)[:, None]
    colour = colour / (1 + (colour - 0.7).clamp_(min=0))  # a soft shoulder instead of hard clipping
    return colour.clamp_(1e-5, 1).pow_(1 / GAMMA).transpose(0, 1).reshape(len(depth), 3, *depth.shape[1:])


def _exposure(brightness: Float[Tensor, " f"], scene: Int[Tensor, " f"]) -> Float[Tensor, " f"]:
    """One factor for all views of a scene, so that a point looks the same in each."""
    same = (scene[:, None] == scene).float()
    return MEAN_LIGHT / ((same @ brightness) / same.sum(1)).clamp(min=1e-3)


def shadow_maps(scenes: SceneBatch, atlas: TextureAtlas) -> Float[Tensor, "s m m"]:
    """What each scene's lamp sees: depth along its axis in metres."""
    depth, _ = cast(scenes, _lamp_views(scenes.light), atlas)
    return depth


def _lamp_views(light: Light) -> Views:
    """Each lamp as a camera that covers ``lamp_radius`` around its target."""
    forward = light.lamp_target - light.lamp
    distance = forward.norm(dim=1)
    forward = forward / distance[:, None]
    axis = torch.where(forward[:, 1].abs() > 0.9, 0, 1)
    right = F.normalize(torch.linalg.cross(F.one_hot(axis, 3).float(), forward), dim=1)
    down = torch.linalg.cross(forward, right)
    focal = SHADOW_SIZE / 2 * distance / light.lamp_radius
    K = torch.diag_embed(torch.stack((focal, focal, torch.ones_like(focal)), dim=1))
    K[:, :2, 2] = SHADOW_SIZE / 2
    scene = torch.arange(len(focal), device=focal.device)
    R = torch.stack((right, down, forward), dim=2)
    return Views(K=K, position=light.lamp, R_world_camera=R, scene=scene, size_hw=(SHADOW_SIZE, SHADOW_SIZE))


def _of_frames(light: Light, scene: Int[Tensor, " f"]) -> Light:
    return Light(**{name: values[scene] for name, values in vars(light).items()})


def _surface(
    scenes: SceneBatch, views: Views, reach: Scalars, solid: Int[Tensor, "f p"], atlas: TextureAtlas
) -> Surface:
    s = scenes.solids
    direction = (views.rays().flatten(1, 2) @ views.R_world_camera.transpose(1, 2)).permute(2, 0, 1).contiguous()
    point = views.position.T[..., None] + reach * direction
    numbers = (s.centre, s.R_world_solid.flatten(1), s.half, s.taper, s.tint, s.texture_offset)
    single = (s.texture_scale, s.gloss, s.glow, s.fit, s.kind, s.texture)
    table = torch.cat((*numbers, torch.stack([values.float() for values in single], dim=1)), dim=1)
    got = table.index_select(0, solid.flatten()).T.contiguous()
    centre, R, half, taper, tint, offset, single = got.split((3, 9, 3, 2, 3, 2, 6))
    scale, gloss, glow, fit, kind, texture = single
    R, fit = R.view(3, 3, -1), fit > 0
    local = ((point.flatten(1) - centre)[:, None] * R).sum(0)
    normal = surface_normal(local / half, half, taper, kind.to(torch.int32))
    uv = texture_coordinates(local, normal, half, scale, fit) + offset
    density = torch.where(fit, 0.5 / half.amax(0), scale)
    footprint = density * (reach / views.K[:, 0, :1]).flatten()
    albedo = (atlas.sample(texture.to(torch.int32), uv, footprint) * tint).clamp_(0, 1).pow_(GAMMA)
    normal, looking = (R * normal).sum(1).view_as(point), normalised(direction)
    normal = torch.where((normal * looking).sum(0) > 0, -normal, normal)
    shape = reach.shape
    return Surface(
        point=point,
        normal=normal,
        looking=looking,
        albedo=albedo.view_as(point),
        gloss=gloss.view(shape),
        glow=glow.view(shape),
    )


def _lamps(
    scenes: SceneBatch, views: Views, light: Light, surface: Surface, shadows: Float[Tensor, "s m m"]
) -> Vectors:
    """Light from the main lamp, where no shadow lies, and from the two weak ones."""
    to_lamp = light.lamp.T[..., None] - surface.point
    square = to_lamp.square().sum(0)
    reference = (light.lamp - light.lamp_target).square().sum(1, keepdim=True)
    fall = torch.where(light.is_sun[:, None], 1.0, (reference / square).clamp(max=4))
    strength = (surface.normal * to_lamp).sum(0).clamp_(min=0) * square.rsqrt() * fall
    total = light.lamp_colour.T[..., None] * (strength * _unshadowed(scenes, views, surface.point, shadows))
    if not light.fill_colour.any():
        return total
    for lamp in range(light.fill.shape[1]):
        to_lamp = light.fill[:, lamp].T[..., None] - surface.point
        square = to_lamp.square().sum(0)
        strength = (surface.normal * to_lamp).sum(0).clamp_(min=0) * square.rsqrt() / (0.3 + square)
        total = total + light.fill_colour[:, lamp].T[..., None] * strength
    return total


def _unshadowed(scenes: SceneBatch, views: Views, point: Vectors, shadows: Float[Tensor, "s m m"]) -> Scalars:
    """1 where the lamp reaches, 0 in its shadow, in between at the edge (four tests around the point)."""
    lamp, frames = _lamp_views(scenes.light), len(views.scene)
    R = lamp.R_world_camera[views.scene]
    x, y, depth = torch.einsum("fji,jfp->ifp", R, point - lamp.position[views.scene].T[..., None])
    focal = lamp.K[views.scene, 0, :1]
    scale = focal / depth.clamp(min=1e-3)
    column, row = x * scale + SHADOW_SIZE / 2, y * scale + SHADOW_SIZE / 2  # pixels of the shadow map
    nearest = depth - (2.5 * depth / focal + 0.01)  # a texel's width of tolerance
    lit = torch.zeros_like(depth)
    base = views.scene[:, None] * SHADOW_SIZE**2
    for dx, dy in ((-0.9, -0.3), (0.3, -0.9), (0.9, 0.3), (-0.3, 0.9)):
        i, j = ((v + shift).to(torch.int64).clamp_(0, SHADOW_SIZE - 1) for v, shift in ((row, dy), (column, dx)))
        lit += shadows.view(-1).index_select(0, (base + i * SHADOW_SIZE + j).flatten()).view(frames, -1) > nearest
    outside = (x.abs() * scale > SHADOW_SIZE / 2) | (y.abs() * scale > SHADOW_SIZE / 2) | (depth < 0)
    return torch.where(outside, 1.0, lit / 4)


def _sky(light: Light, direction: Vectors) -> Vectors:
    """A gradient from the horizon to the zenith; below the horizon it darkens."""
    height = -direction[1]
    sky = torch.lerp(light.horizon.T[..., None], light.zenith.T[..., None], height.clamp(0, 1).sqrt())
    return sky * (1 + height.clamp(-0.6, 0))


def _clouded(light: Light, direction: Vectors, is_sky: Bool[Tensor, "f p"], atlas: TextureAtlas) -> Vectors:
    """The sky with clouds, looked up only where there is sky."""
    sky = _sky(light, direction)
    frame, pixel = torch.nonzero(is_sky, as_tuple=True)
    x, y, z = direction[:, frame, pixel]
    uv = torch.stack((x, z)) / (y.abs() + 0.15) * 0.15
    cover = atlas.sample(light.cloud[frame], uv, torch.full_like(x, 2e-3))[0] * (-4 * y).clamp(0, 1)
    here = sky[:, frame, pixel]
    sky[:, frame, pixel] = torch.lerp(here, here.amax(0).expand_as(here) * 1.1, cover)
    return sky


def _occlusion(depth: Float[Tensor, "f h w"]) -> Float[Tensor, "f h w"]:
    """Corners and gaps are darker: where the surroundings are nearer than the pixel (screen-space approximation)."""
    inverse = depth.reciprocal()[:, None]
    small = F.avg_pool2d(inverse, 4, ceil_mode=True, count_include_pad=False)
    wide = F.avg_pool2d(small, 5, stride=1, padding=2, count_include_pad=False)
    excess = F.interpolate(wide, size=depth.shape[1:], mode="bilinear") / inverse.clamp(min=1e-4) - 1
    return 1 - excess[:, 0].clamp(0, 0.5) * 1.2
