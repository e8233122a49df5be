"""ManyDepth's folders: what the authors' code computes from them, with given poses, seen ones and none."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.types import Camera
from hondo.geometry.depth_units import inv_depth_from_sigmoid
from hondo.geometry.pose import invert_pose
from hondo.models.registry.build_model import build_model
from tests.models.published.vectors import load_vectors, relative_difference, write_checkpoint


@pytest.fixture(scope="module")
def vectors(shared_reference: Path) -> dict[str, Tensor]:
    return load_vectors(shared_reference, "manydepth")


@pytest.fixture(scope="module")
def folder(shared_reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As published: numbers and the constants of the geometry lie beside the encoder's weights."""
    folder = write_checkpoint(shared_reference, "manydepth", tmp_path_factory.mktemp("manydepth"))
    extra = {"height": 96, "width": 160, "min_depth_bin": 0.6, "max_depth_bin": torch.tensor(14.0)}
    extra["backprojector.ones"] = torch.ones(96, 1, 24 * 40)
    torch.save(torch.load(folder / "encoder.pth") | extra, folder / "encoder.pth")
    return folder


@pytest.fixture(scope="module")
def camera(vectors: dict[str, Tensor]) -> Camera:
    K = vectors["in_K_quarter"][:3, :3].double().numpy() * [[4], [4], [1]]
    return Camera.from_K(K, size_hw=(96, 160))


@pytest.mark.parametrize("case", ["pose_net", "given_pose", "no_pose"])
def test_depth_and_matching_are_the_authors(
    folder: Path, vectors: dict[str, Tensor], camera: Camera, case: str
) -> None:
    model = build_model("manydepth", weights=folder)
    views = () if case == "no_pose" else (vectors["in_previous_image"][:, None], camera)
    views += (vectors["in_given_pose"][:, None],) if case == "given_pose" else ()
    with torch.no_grad():
        maps, matching = model.matched(vectors["in_image"], *views)
        finest = model(vectors["in_image"], *views)[0]
    assert torch.equal(maps[0], finest)
    assert relative_difference(finest, inv_depth_from_sigmoid(vectors[f"out_disp_{case}"])) < 1e-4
    assert torch.equal(matching.is_seen[:, 0].float(), vectors[f"out_confidence_{case}"])
    least = 1 / matching.best_depth(model.network.encoder.depths)[:, 0]
    assert (least - vectors[f"out_lowest_cost_{case}"]).abs().gt(1e-5).float().mean() < 0.01  # ties may fall elsewhere


def test_pose_is_the_authors(folder: Path, vectors: dict[str, Tensor]) -> None:
    image, previous = vectors["in_image"], vectors["in_previous_image"]
    model, pose = build_model("manydepth", weights=folder), build_model("manydepth-pose", weights=folder)
    with torch.no_grad():
        assert (model.poses(image, previous[:, None])[:, 0] - vectors["in_pose"]).abs().max() < 1e-5
        assert (invert_pose(pose(previous, image)) - vectors["in_pose"]).abs().max() < 1e-5


def test_the_range_of_depths_comes_from_the_file(folder: Path) -> None:
    model = build_model("manydepth", weights=folder)
    assert model.network.encoder.depths[[0, -1]].tolist() == pytest.approx([0.6, 14.0])
    assert model.input_spec.size_hw == (96, 160) and model.pose.input_spec.size_hw == (96, 160)


def test_a_folder_without_pose_files_needs_poses(
    folder: Path, vectors: dict[str, Tensor], camera: Camera, tmp_path: Path
) -> None:
    for name in ("encoder.pth", "depth.pth"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    model = build_model("manydepth", weights=tmp_path)
    previous = vectors["in_previous_image"][:, None]
    with pytest.raises(HondoError, match="without a pose network; give T_previous_target"):
        model(vectors["in_image"], previous=previous, camera=camera)
    with torch.no_grad():
        finest = model(
            vectors["in_image"], previous=previous, camera=camera, T_previous_target=vectors["in_given_pose"][:, None]
        )[0]
    assert relative_difference(finest, inv_depth_from_sigmoid(vectors["out_disp_given_pose"])) < 1e-4


def test_a_file_of_monodepth2_is_refused(shared_reference: Path, tmp_path: Path) -> None:
    write_checkpoint(shared_reference, "monodepth2", tmp_path)
    with pytest.raises(HondoError, match="does not say min_depth_bin and max_depth_bin"):
        build_model("manydepth", weights=tmp_path)
