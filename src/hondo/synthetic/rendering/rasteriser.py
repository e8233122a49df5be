"""Finds the nearest solid behind every pixel: solids are binned into 16x16 tiles and tested there alone."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hondo.synthetic.rendering import solids as shapes
from hondo.synthetic.rendering.scene import SceneBatch
from hondo.synthetic.rendering.textures import TextureAtlas

TILE = 16
NEAR = 0.05  # metres; nothing nearer is seen
CHUNK = 1024  # pairs of solid and tile at a time on a CPU: a working set that stays in its cache
EDGES = torch.tensor([(a, b) for a in range(8) for b in (a ^ 1, a ^ 2, a ^ 4) if a < b]).T


@dataclass(frozen=True, kw_only=True)
class Views:
    """Pinhole cameras: intrinsics in pixels, positions and rotations in the world, and the scene each one looks at."""

    K: Float[Tensor, "f 3 3"]
    position: Float[Tensor, "f 3"]
    R_world_camera: Float[Tensor, "f 3 3"]
    scene: Int[Tensor, " f"]
    size_hw: tuple[int, int]

    def to(self, device: torch.device | str) -> "Views":
        """The same on another device."""
        moved = {name: value.to(device) for name, value in vars(self).items() if isinstance(value, Tensor)}
        return Views(**moved, size_hw=self.size_hw)

    def rays(self) -> Float[Tensor, "f h w 3"]:
        """Viewing rays in camera axes with z = 1, through pixel centres at +0.5."""
        height, width = self.size_hw
        device = self.K.device
        x = (torch.arange(width, device=device) + 0.5 - self.K[:, 0, 2, None]) / self.K[:, 0, 0, None]
        y = (torch.arange(height, device=device) + 0.5 - self.K[:, 1, 2, None]) / self.K[:, 1, 1, None]
        x, y = x[:, None].expand(-1, height, -1), y[:, :, None].expand(-1, -1, width)
        return torch.stack((x, y, torch.ones_like(x)), dim=-1)


def cast(scenes: SceneBatch, views: Views, atlas: TextureAtlas) -> tuple[Float[Tensor, "f h w"], Int[Tensor, "f h w"]]:
    """Depth along the optical axis in metres (inf: sky) and the index of the solid seen (0 where sky)."""
    height, width = views.size_hw
    rows, columns = -(-height // TILE), -(-width // TILE)
    owner, M, o, rect = _candidates(scenes, views)
    pair, tile, ray = _pairs(rect, owner[0], views, rows, columns)
    solid = owner[1]
    nothing = torch.tensor(torch.inf).view(torch.int32).to(torch.int64) << 32
    best = torch.full((len(views.K) * rows * columns, TILE * TILE), int(nothing), device=M.device)
    jitter = torch.arange(TILE, device=M.device, dtype=torch.float32)
    within = torch.stack(
        (torch.ones(TILE * TILE, device=M.device), jitter.repeat(TILE), jitter.repeat_interleave(TILE))
    )
    flavour = scenes.solids.kind[solid[pair]] + 4 * scenes.solids.cutout[solid[pair]]
    chunk = CHUNK if M.device.type == "cpu" else 64 * CHUNK
    for kind in flavour.unique().tolist():
        for some in torch.nonzero(flavour == kind)[:, 0].split(chunk):
            which = pair[some]
            d = (M[which] @ ray[some]).transpose(0, 1) @ within  # (3 p 256)
            t = _first_hit(scenes, solid[which], o[which].T[..., None], d, kind, atlas)
            key = (t.view(torch.int32).to(torch.int64) << 32) | solid[which, None]
            best.scatter_reduce_(0, tile[some, None].expand_as(key), key, "amin")
    best = best.view(-1, rows, columns, TILE, TILE).transpose(2, 3).reshape(-1, rows * TILE, columns * TILE)
    best = best[:, :height, :width]
    return (best >> 32).to(torch.int32).view(torch.float32), best & 0xFFFFFFFF


def _candidates(
    scenes: SceneBatch, views: Views
) -> tuple[
    tuple[Int[Tensor, " c"], Int[Tensor, " c"]], Float[Tensor, "c 3 3"], Float[Tensor, "c 3"], Float[Tensor, "c 4"]
]:
    """Every (view, solid of its scene): both indices, camera-to-solid maps, origins there, and rectangles in pixels."""
    counts = scenes.first.diff()[views.scene]
    view = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
    starts = scenes.first[views.scene] - (counts.cumsum(0) - counts)
    solid = torch.arange(len(view), device=view.device) + starts[view]
    s = scenes.solids
    R_solid_camera = s.R_world_solid[solid].transpose(1, 2) @ views.R_world_camera[view]
    offset = (views.position[view] - s.centre[solid])[:, None] @ s.R_world_solid[solid]
    half = s.half[solid]
    M, o = R_solid_camera / half[:, :, None], offset[:, 0] / half
    corner = torch.tensor([[(i >> a & 1) * 2.0 - 1 for a in range(3)] for i in range(8)], device=M.device)
    corners = (corner * half[:, None] - offset) @ R_solid_camera  # (c 8 3) in camera axes
    return (view, solid), M, o, _rectangles(corners, views.K[view])


def _rectangles(corners: Float[Tensor, "c 8 3"], K: Float[Tensor, "c 3 3"]) -> Float[Tensor, "c 4"]:
    """Left, top, right, bottom in pixels of the box's edges, cut at the near plane; empty (inf, -inf) behind it."""
    edges = EDGES.to(corners.device)
    a, b = corners[:, edges[0]], corners[:, edges[1]]
    za, zb = a[..., 2:], b[..., 2:]
    at = ((NEAR - za) / torch.where((zb - za).abs() < 1e-9, 1e-9, zb - za)).clamp(0, 1)
    cut = a + at * (b - a)
    a, b = torch.where(za < NEAR, cut, a), torch.where(zb < NEAR, cut, b)
    seen = torch.maximum(za, zb) >= NEAR
    ends = torch.cat((a, b), dim=1)
    focal, centre = K[:, None, (0, 1), (0, 1)], K[:, None, (0, 1), 2]
    pixels = ends[..., :2] / ends[..., 2:].clamp(min=NEAR) * focal + centre
    seen = torch.cat((seen, seen), dim=1)
    low = torch.where(seen, pixels, torch.inf).amin(1)
    high = torch.where(seen, pixels, -torch.inf).amax(1)
    return torch.cat((low, high), dim=1)


def _pairs(
    rect: Float[Tensor, "c 4"], view: Int[Tensor, " c"], views: Views, rows: int, columns: int
) -> tuple[Int[Tensor, " p"], Int[Tensor, " p"], Float[Tensor, "p 3 3"]]:
    """Every (candidate, tile it may cover): both indices, and the tile's rays as columns (corner, d/dx, d/dy)."""
    limit = torch.tensor([columns, rows], device=rect.device)
    low = (rect[:, :2] / TILE).floor().clamp(min=0).minimum(limit).to(torch.int64)
    high = (rect[:, 2:] / TILE).floor().clamp(min=-1).minimum(limit - 1).to(torch.int64)
    across, down = (high - low + 1).clamp(min=0).unbind(1)
    count = across * down
    pair = torch.repeat_interleave(torch.arange(len(count), device=rect.device), count)
    place = torch.arange(len(pair), device=rect.device) - (count.cumsum(0) - count)[pair]
    x, y = low[pair, 0] + place % across[pair], low[pair, 1] + place // across[pair]
    K = views.K[view[pair]]
    zero = torch.zeros_like(K[:, 0, 0])
    corner = torch.stack(
        ((x * TILE + 0.5 - K[:, 0, 2]) / K[:, 0, 0], (y * TILE + 0.5 - K[:, 1, 2]) / K[:, 1, 1], zero + 1), 1
    )
    right, below = torch.stack((1 / K[:, 0, 0], zero, zero), 1), torch.stack((zero, 1 / K[:, 1, 1], zero), 1)
    return pair, (view[pair] * rows + y) * columns + x, torch.stack((corner, right, below), dim=2)


def _first_hit(
    scenes: SceneBatch, solid: Int[Tensor, " p"], o: shapes.Origins, d: shapes.Rays, flavour: int, atlas: TextureAtlas
) -> Float[Tensor, "p n"]:
    """The nearest solid point in front of the camera on each ray (p n), inf where there is none."""
    kind, has_holes = flavour % 4, flavour >= 4
    if kind == shapes.TAPERED:
        near, far = shapes.tapered(o, d, scenes.solids.taper[solid].T[..., None])
    else:
        near, far = {shapes.BOX: shapes.box, shapes.ELLIPSOID: shapes.ellipsoid, shapes.CYLINDER: shapes.cylinder}[
            kind
        ](o, d)
    hit = near <= far
    front, back = hit & (near > NEAR), hit & (far > NEAR)
    if has_holes:
        front = _where_solid(scenes, solid, o, d, near, front, atlas)
        back = _where_solid(scenes, solid, o, d, far, back & ~front, atlas)
    return torch.where(front, near, torch.where(back, far, torch.inf))


def _where_solid(
    scenes: SceneBatch,
    solid: Int[Tensor, " p"],
    o: shapes.Origins,
    d: shapes.Rays,
    t: Float[Tensor, "p n"],
    hit: Bool[Tensor, "p n"],
    atlas: TextureAtlas,
) -> Bool[Tensor, "p n"]:
    """Those of the ``hit`` rays (p n) that meet the solid at ``t`` where its texture has no hole."""
    s, (row, column) = scenes.solids, torch.nonzero(hit, as_tuple=True)
    q = o[:, row, 0] + t[row, column] * d[:, row, column]
    each = solid[row]
    half = s.half[each].T
    normal = shapes.surface_normal(q, half, s.taper[each].T, s.kind[each])
    uv = shapes.texture_coordinates(q * half, normal, half, s.texture_scale[each], s.fit[each])
    solid_there = torch.zeros_like(hit)
    solid_there[row, column] = atlas.covers(s.texture[each], uv + s.texture_offset[each].T)
    return solid_there
