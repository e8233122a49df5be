"""PLY, GLB and the page hold the mesh."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.geometry.point_cloud import read_ply
from hondo.mapping.fusion.mesh_file import write_mesh, write_page
from hondo.mapping.fusion.surface import Mesh

MESH = Mesh(
    vertices=np.array([[0, 0, 1], [1, 0, 1], [0, 1, 2.0]]), faces=np.array([[0, 1, 2]]),
    colours=np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8),
)  # fmt: skip


@pytest.mark.parametrize("suffix", [".ply", ".glb"])
def test_a_mesh_comes_back(suffix: str, tmp_path) -> None:
    trimesh = pytest.importorskip("trimesh")
    loaded = trimesh.load(write_mesh(MESH, tmp_path / f"mesh{suffix}"), force="mesh")
    upright = [1, 1, 1] if suffix == ".ply" else [1, -1, -1]
    np.testing.assert_allclose(loaded.vertices * upright, MESH.vertices, atol=1e-6)
    assert loaded.faces.tolist() == [[0, 1, 2]]
    np.testing.assert_array_equal(loaded.visual.vertex_colors[:, :3], MESH.colours)


def test_a_cloud_is_its_vertices(tmp_path) -> None:
    points, colours = read_ply(write_mesh(MESH, tmp_path / "cloud.ply", is_cloud=True))
    np.testing.assert_allclose(points, MESH.vertices)
    np.testing.assert_array_equal(colours, MESH.colours)
    with pytest.raises(HondoError, match=r"\.ply or \.glb"):
        write_mesh(MESH, tmp_path / "mesh.obj")


def test_the_page_stands_alone(tmp_path) -> None:
    text = write_page(MESH, np.zeros((2, 3)), tmp_path / "mesh.html", title="a room").read_text()
    assert "a room" in text and "{{" not in text and "src=" not in text
