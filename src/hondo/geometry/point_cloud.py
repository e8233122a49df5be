"""Point clouds as binary PLY files, which MeshLab, CloudCompare, Blender and Open3D open."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, DepthMap
from hondo.geometry.depth_units import invert_depth

_POINT = [("x", "<f4"), ("y", "<f4"), ("z", "<f4")]
_COLOR = [("red", "u1"), ("green", "u1"), ("blue", "u1")]
_NAMES = {"<f4": "float", "u1": "uchar"}


def write_ply(
    path: str | Path, points: Float32[np.ndarray, "n 3"], colors: UInt8[np.ndarray, "n 3"] | None = None
) -> Path:
    """Writes points (x right, y down, z ahead) and their RGB colours, little-endian."""
    return atomic_write(path, ply_bytes(points, colors))


def ply_bytes(points: Float32[np.ndarray, "n 3"], colors: UInt8[np.ndarray, "n 3"] | None = None) -> bytes:
    """The file's content."""
    fields = _POINT + (_COLOR if colors is not None else [])
    table = np.empty(len(points), dtype=fields)
    for axis, (name, _) in enumerate(_POINT):
        table[name] = points[:, axis]
    if colors is not None:
        for channel, (name, _) in enumerate(_COLOR):
            table[name] = colors[:, channel]
    properties = "".join(f"property {_NAMES[kind]} {name}\n" for name, kind in fields)
    head = (
        f"ply\nformat binary_little_endian 1.0\ncomment hondo\nelement vertex {len(points)}\n{properties}end_header\n"
    )
    return head.encode("ascii") + table.tobytes()


def read_ply(path: str | Path) -> tuple[Float32[np.ndarray, "n 3"], UInt8[np.ndarray, "n 3"] | None]:
    """Points and colours of a file that ``write_ply`` wrote."""
    head, mark, body = Path(path).read_bytes().partition(b"end_header\n")
    count = re.search(rb"element vertex (\d+)\n", head)
    if not mark or count is None or b"binary_little_endian" not in head:
        raise HondoError(f"{path} is not a binary little-endian PLY file of points")
    has_colors = b"property uchar red" in head
    fields = np.dtype(_POINT + (_COLOR if has_colors else []))
    if len(body) != int(count[1]) * fields.itemsize:
        raise HondoError(f"{path} is truncated or has properties other than x y z red green blue")
    table = np.frombuffer(body, dtype=fields)
    points = np.stack([table[name] for name, _ in _POINT], axis=-1)
    return points, np.stack([table[name] for name, _ in _COLOR], axis=-1) if has_colors else None


@dataclass(frozen=True, kw_only=True)
class PointCloud:
    """Points in metres (or one unknown unit, for a scaled depth map), and their RGB colours if the image is known."""

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
        raise HondoError("a point cloud needs the camera's intrinsics; give a camera", field="camera")
    depth = _depth(depth_map)
    height, width = depth_map.size_hw
    camera = depth_map.camera
    x = ((np.arange(width) + 0.5 - camera.cx) / camera.fx).astype(np.float32)
    y = ((np.arange(height) + 0.5 - camera.cy) / camera.fy).astype(np.float32)
    points = np.stack((x * depth, y[:, None] * depth, depth), axis=-1)  # h w 3
    is_known = np.isfinite(depth) & (depth > 0)
    colors = depth_map.image_rgb[is_known] if depth_map.image_rgb is not None else None
    return PointCloud(points=points[is_known], colors=colors)


def _depth(depth_map: DepthMap) -> Float32[np.ndarray, "h w"]:
    if depth_map.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
        raise HondoError(
            "a relative depth map has no shape in space (its shift is not known); align it or use another model"
        )
    depth = invert_depth(depth_map.values) if depth_map.kind.is_inverse else depth_map.values
    return depth.astype(np.float32, copy=False)
