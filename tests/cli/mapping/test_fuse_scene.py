"""hondo fuse from end to end, on a textured box and an untrained network."""

import numpy as np
import pytest

from hondo.cli.main import main
from tests.cli.mapping.test_odometry import MODEL
from tests.mapping.textured_room import circle, write_walk


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_walk(tmp_path_factory.mktemp("walk"), circle(6, turn=0.35))


@pytest.mark.parametrize("given", [False, True])
def test_a_folder_gives_a_mesh_and_a_page(given: bool, clip, tmp_path, capsys) -> None:
    trimesh = pytest.importorskip("trimesh")
    poses = ["--poses", str(clip / "poses.txt")] if given else []
    out, page = tmp_path / "mesh.ply", tmp_path / "mesh.html"
    assert main(["fuse", str(clip), *MODEL, *poses, "--out", str(out), "--page", str(page)]) == 0
    assert "views" in capsys.readouterr().out and page.exists()
    mesh = trimesh.load(out)
    assert len(mesh.faces) > 100 and np.isfinite(mesh.vertices).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "mesh.obj"], ".ply or .glb"),
        (["--out", "mesh.ply", "--poses", "WRONG"], "no known format"),
        (["--out", "mesh.ply", "--poses", "FAR"], "nothing to fuse"),
        (["--out", "mesh.ply", "--voxel", "-1"], "positive side"),
    ],
)
def test_bad_input_is_one_line(arguments, said, clip, tmp_path, capsys) -> None:
    (tmp_path / "wrong.txt").write_text("1 2 3\n")
    (tmp_path / "far.tum").write_text("9000 0 0 0 0 0 0 1\n9001 0 0 1 0 0 0 1\n")
    names = {"WRONG": str(tmp_path / "wrong.txt"), "FAR": str(tmp_path / "far.tum")}
    named = [names.get(each, str(tmp_path / each) if each.startswith("mesh") else each) for each in arguments]
    assert main(["fuse", str(clip), *MODEL, *named]) == 2
    assert said in capsys.readouterr().err
