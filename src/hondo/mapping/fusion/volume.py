"""A truncated signed distance field in blocks of voxels, made where surfaces are seen (Curless & Levoy 1996).

Blocks as in voxel hashing (Niessner et al. 2013): memory follows the surface, not the room, and has a limit.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from hondo.core.errors import HondoError, warn
from hondo.core.types import Camera

SIDE = 8  # voxels of a block
TRUNCATION = 4.0  # voxels before and behind a surface that a depth map says something of
MAX_BLOCKS = 60_000  # 30 million voxels: about 0.6 GB
MAX_WEIGHT = 64.0  # of a voxel, so that later images still count
_AT_ONCE = 4096  # blocks that are updated together


@dataclass(frozen=True, kw_only=True)
class View:
    """A depth map (NaN: not known) with its image, camera and pose, all in the unit of the volume."""

    depth: Float[np.ndarray, "h w"]
    image: UInt8[np.ndarray, "h w 3"]
    camera: Camera
    T_world_camera: Float[np.ndarray, "4 4"]


class Volume:
    """Add views; ``surface`` reads the blocks. ``voxel``: the side of one."""

    def __init__(self, voxel: float, *, max_blocks: int = MAX_BLOCKS) -> None:
        if not 0 < voxel < float("inf"):
            raise HondoError(f"a voxel has a positive side, got {voxel:g}", field="voxel")
        self.voxel, self._max_blocks, self._is_full = voxel, max_blocks, False
        self._row: dict[tuple[int, int, int], int] = {}  # of a block in the arrays
        self.blocks = np.zeros((0, 3), int)
        self.distance = np.zeros((0, SIDE**3), np.float32)  # in truncations; positive before the surface
        self.weight = np.zeros((0, SIDE**3), np.float32)
        self.colour = np.zeros((0, SIDE**3, 3), np.float32)

    def add(self, view: View) -> None:
        """Averages a view into the voxels near its surfaces."""
        touched = self._rows(self._touched(view))
        for start in range(0, len(touched), _AT_ONCE):
            self._update(touched[start : start + _AT_ONCE], view)

    def centres(self, rows: Int[np.ndarray, " b"]) -> Float[np.ndarray, "b n 3"]:
        """The middles of the voxels of some blocks."""
        inside = np.stack(np.meshgrid(*[np.arange(SIDE)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        return (self.blocks[rows][:, None] * SIDE + inside + 0.5) * self.voxel

    def _touched(self, view: View) -> Int[np.ndarray, "b 3"]:
        """The blocks within the truncation of the view's points."""
        rows, columns = np.nonzero(np.isfinite(view.depth))
        camera, z = view.camera, view.depth[rows, columns]
        rays = np.column_stack(((columns + 0.5 - camera.cx) / camera.fx, (rows + 0.5 - camera.cy) / camera.fy))
        reach, size = TRUNCATION * self.voxel, SIDE * self.voxel
        found = []
        for shift in (-reach, 0.0, reach):
            points = np.column_stack((rays, np.ones(len(rays)))) * (z + shift)[:, None]
            points = points @ view.T_world_camera[:3, :3].T + view.T_world_camera[:3, 3]
            found.append(np.unique(np.floor(points / size).astype(int), axis=0))
        return np.unique(np.concatenate(found), axis=0)

    def _rows(self, blocks: Int[np.ndarray, "b 3"]) -> Int[np.ndarray, " _"]:
        """Where blocks lie in the arrays; new ones are made, up to the limit."""
        keys = list(map(tuple, blocks.tolist()))
        fresh = [key for key in keys if key not in self._row]
        room = self._max_blocks - len(self.blocks)
        if len(fresh) > room and not self._is_full:
            self._is_full = True
            warn(f"the volume is full ({self._max_blocks} blocks): the rest is left out; give a larger voxel")
        fresh = fresh[:room]
        self._row.update({key: len(self.blocks) + number for number, key in enumerate(fresh)})
        if fresh:
            count = len(fresh)
            self.blocks = np.concatenate((self.blocks, np.array(fresh)))
            self.distance = np.concatenate((self.distance, np.ones((count, SIDE**3), np.float32)))
            self.weight = np.concatenate((self.weight, np.zeros((count, SIDE**3), np.float32)))
            self.colour = np.concatenate((self.colour, np.zeros((count, SIDE**3, 3), np.float32)))
        return np.array([self._row[key] for key in keys if key in self._row], dtype=int)

    def _update(self, rows: Int[np.ndarray, " b"], view: View) -> None:
        T, camera = view.T_world_camera, view.camera
        inside = (self.centres(rows) - T[:3, 3]) @ T[:3, :3]
        z = inside[..., 2]
        height, width = view.depth.shape
        is_ahead = z > 1e-6
        safe = np.where(is_ahead, z, 1)
        x = np.floor(inside[..., 0] / safe * camera.fx + camera.cx)
        y = np.floor(inside[..., 1] / safe * camera.fy + camera.cy)
        is_seen = is_ahead & (x >= 0) & (x < width) & (y >= 0) & (y < height)
        x, y = (np.where(is_seen, each, 0).astype(int) for each in (x, y))
        distance = (view.depth[y, x] - z) / (TRUNCATION * self.voxel)
        is_used = is_seen & (distance > -1)  # False for NaN
        self._average(rows, is_used, np.clip(np.where(is_used, distance, 0), -1, 1), view.image[y, x])

    def _average(
        self,
        rows: Int[np.ndarray, " b"],
        is_used: Bool[np.ndarray, "b n"],
        distance: Float[np.ndarray, "b n"],
        colour: UInt8[np.ndarray, "b n 3"],
    ) -> None:
        weight = self.weight[rows]
        share = (is_used / (weight + 1)).astype(np.float32)
        self.distance[rows] += share * (distance.astype(np.float32) - self.distance[rows])
        self.colour[rows] += share[..., None] * (colour - self.colour[rows])
        self.weight[rows] = np.minimum(weight + is_used, MAX_WEIGHT)
