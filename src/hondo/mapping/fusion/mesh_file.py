"""A mesh or its points as PLY or GLB (trimesh), and a page that shows it without a server."""

import base64
import json
from pathlib import Path

import numpy as np

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, MissingExtraError
from hondo.geometry.point_cloud import ply_bytes
from hondo.mapping.fusion.surface import Mesh

SUFFIXES = (".ply", ".glb")
PAGE = Path(__file__).with_name("page.html")
UPRIGHT = np.diag([1.0, -1.0, -1.0])  # of GLB and the page: y up, the first camera looks along -z


def check_suffix(path: Path) -> None:
    """Refuses other files than PLY and GLB."""
    if path.suffix.lower() not in SUFFIXES:
        raise HondoError(f"out {path}: a mesh or cloud is written as .ply or .glb", field="out")


def write_mesh(mesh: Mesh, path: Path, *, is_cloud: bool = False) -> Path:
    """PLY keeps the coordinates; GLB gets y up from those of a camera. ``is_cloud``: the vertices alone."""
    check_suffix(path)
    is_glb = path.suffix.lower() == ".glb"
    if is_cloud and not is_glb:
        return atomic_write(path, ply_bytes(mesh.vertices.astype(np.float32), mesh.colours))
    try:
        import trimesh
    except ImportError as error:
        raise MissingExtraError("trimesh", extra="mapping") from error
    vertices = (mesh.vertices @ UPRIGHT if is_glb else mesh.vertices).astype(np.float32)
    colours = np.column_stack((mesh.colours, np.full(len(vertices), 255, np.uint8)))
    if is_cloud:
        shape = trimesh.PointCloud(vertices, colors=colours)
    else:
        shape = trimesh.Trimesh(vertices, mesh.faces, vertex_colors=colours, process=False)
    data = trimesh.Scene(shape).export(file_type="glb") if is_glb else shape.export(file_type="ply")
    assert isinstance(data, bytes)
    return atomic_write(path, data)


def write_page(mesh: Mesh, centres: np.ndarray, path: Path, *, title: str) -> Path:
    """One HTML file with the mesh, the camera's path (``centres`` n 3) in it: open it in a browser (WebGL 2)."""
    parts = {
        "vertices": _text((mesh.vertices @ UPRIGHT).astype("<f4")), "faces": _text(mesh.faces.astype("<u4")),
        "colours": _text(mesh.colours), "path": _text((centres @ UPRIGHT).astype("<f4")),
    }  # fmt: skip
    html = PAGE.read_text().replace("{{title}}", title).replace("{{data}}", json.dumps(parts))
    return atomic_write(path, html.encode())


def _text(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
