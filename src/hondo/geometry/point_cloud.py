"""Depth maps as points in the camera's coordinates: x right, y down, z ahead."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, DepthMap
from hondo.geometry.ply import write_ply


@dataclass(frozen=True, kw_only=True)
class PointCloud:
    """Points in metres (or one unknown unit, for a scaled depth map), and their RGB colours if the picture is known."""

    points: Float32[np.ndarray, "n 3"]
    colors: UInt8[np.ndarray, "n 3"] | None = None

    def __len__(self) -> int:
        return len(self.points)

    def save(self, path: str | Path) -> Path:
        """Writes a binary .ply file."""
        if Path(path).suffix.lower() != ".ply":
            raise HondoError(f"a point cloud is written as .ply, got {path}")
        return write_ply(path, self.points, self.colors)


def point_cloud(depth_map: DepthMap) -> PointCloud:
    """One point for every pixel whose depth is known: (x - cx) / fx z, (y - cy) / fy z, z at the pixel's centre."""
    if depth_map.camera is None:
        raise HondoError("a point cloud needs the camera; give one with camera= (or --camera fx,fy,cx,cy)")
    depth = _depth(depth_map)
    height, width = depth_map.size_hw
    camera = depth_map.camera
    x = ((np.arange(width) + 0.5 - camera.cx) / camera.fx).astype(np.float32)
    y = ((np.arange(height) + 0.5 - camera.cy) / camera.fy).astype(np.float32)
    points = np.stack((x * depth, y[:, None] * depth, depth), axis=-1)  # h w 3
    is_known = np.isfinite(depth) & (depth > 0)
    colors = depth_map.image_rgb[is_known] if depth_map.image_rgb is not None else None
    return PointCloud(points=points[is_known], colors=colors)


def _depth(depth_map: DepthMap) -> np.ndarray:
    if depth_map.kind.is_metric:
        return depth_map.depth().astype(np.float32, copy=False)
    if depth_map.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
        raise HondoError(
            "a relative depth map has no shape in space (its shift is not known); align it or use another model"
        )
    values = depth_map.values
    return np.where(values > 0, 1 / np.where(values > 0, values, 1), np.nan).astype(np.float32)
