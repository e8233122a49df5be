"""monodepth2's folders: what the authors' code computes from them, and what their siblings look like."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.geometry.depth_units import inv_depth_from_sigmoid
from hondo.models.registry.build_model import build_model
from tests.models.published.vectors import load_vectors, relative_difference, write_checkpoint


@pytest.fixture(scope="module")
def vectors(shared_reference: Path) -> dict[str, Tensor]:
    return load_vectors(shared_reference, "monodepth2")


@pytest.fixture(scope="module")
def folder(shared_reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As published: the encoder's file holds the trained size and how it was trained beside its weights."""
    folder = write_checkpoint(shared_reference, "monodepth2", tmp_path_factory.mktemp("monodepth2"))
    entries = torch.load(folder / "encoder.pth")
    torch.save(entries | {"height": 96, "width": 160, "use_stereo": True}, folder / "encoder.pth")
    return folder


def test_four_maps_are_the_authors(folder: Path, vectors: dict[str, Tensor]) -> None:
    model = build_model("monodepth2", weights=folder)
    assert model.kind is DepthKind.SCALED_INVERSE_DEPTH and model.input_spec.size_hw == (96, 160)
    with torch.no_grad():
        maps = model(vectors["in_image"])
    for scale, ours in enumerate(maps):
        assert relative_difference(ours, inv_depth_from_sigmoid(vectors[f"out_disp{scale}"])) < 1e-4


def test_pose_is_the_authors(folder: Path, vectors: dict[str, Tensor]) -> None:
    pose = build_model("monodepth2-pose", weights=folder)
    with torch.no_grad():
        T_next_image = pose(vectors["in_image"], vectors["in_next_image"])
    assert (T_next_image - vectors["out_T_next_from_image"]).abs().max() < 1e-5
    assert pose.options["shared"] is False and pose.input_spec.size_hw == (96, 160)


def test_stereo_weights_give_inverse_metres(folder: Path, vectors: dict[str, Tensor]) -> None:
    plain, metric = build_model("monodepth2", weights=folder), build_model("monodepth2", weights=folder, stereo=True)
    wide = build_model("monodepth2", weights=folder, stereo=True, baseline_m=1.0)
    with torch.no_grad():
        maps = [model(vectors["in_image"])[0] for model in (plain, metric, wide)]
    assert metric.kind is DepthKind.METRIC_INVERSE_DEPTH
    assert torch.allclose(maps[0] / 5.4, maps[1], rtol=1e-5) and torch.allclose(maps[0] / 10, maps[2], rtol=1e-5)


def test_a_folder_without_a_pose_encoder_shares_that_of_depth(folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    own = build_model("monodepth2-pose", weights="random", shared=True)
    (tmp_path / "encoder.pth").write_bytes((folder / "encoder.pth").read_bytes())
    state = own.network.head.state_dict()
    torch.save(
        {f"net.{int(key.split('.')[0]) // 2}.{key.split('.')[1]}": value for key, value in state.items()},
        tmp_path / "pose.pth",
    )
    pose = build_model("monodepth2-pose", weights=tmp_path)
    depth = build_model("monodepth2", weights=folder)
    assert pose.options["shared"] is True
    assert all(
        torch.equal(a, b) for a, b in zip(pose.network.head.parameters(), own.network.head.parameters(), strict=True)
    )
    theirs = dict(depth.network.encoder.named_parameters())
    assert all(torch.equal(value, theirs[key]) for key, value in pose.network.encoder.named_parameters())


def test_resnet50_reads_its_own_folder_and_says_so_of_another(folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    write_resnet50(tmp_path)
    model = build_model("monodepth2-resnet50", weights=tmp_path)
    assert torch.equal(
        model.network.encoder.network.conv1.weight, torch.load(tmp_path / "encoder.pth")["encoder.conv1.weight"]
    )
    with pytest.raises(HondoError, match="the file fits monodepth2-resnet50"):
        build_model("monodepth2", weights=tmp_path)
    with pytest.raises(HondoError, match="do not fit model"):
        build_model("monodepth2-resnet50", weights=folder)


def test_a_missing_file_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "encoder.pth").write_bytes((folder / "encoder.pth").read_bytes())
    with pytest.raises(HondoError, match=r"has no file depth\.pth"):
        build_model("monodepth2", weights=tmp_path)
    with pytest.raises(HondoError, match=r"has no file pose\.pth"):
        build_model("monodepth2-pose", weights=tmp_path)
    with pytest.raises(HondoError, match="must be the folder"):
        build_model("monodepth2", weights=tmp_path / "encoder.pth")


def write_resnet50(folder: Path) -> None:
    """A folder in the authors' format, from fresh weights of the model."""
    state = build_model("monodepth2-resnet50", weights="random").network.state_dict()
    encoder = {
        "encoder." + key.removeprefix("encoder.network."): value for key, value in state.items() if "encoder." in key
    }
    encoder |= {"encoder.fc.weight": torch.zeros(1000, 2048), "encoder.fc.bias": torch.zeros(1000)}
    torch.save(encoder | {"height": 192, "width": 640, "use_stereo": False}, folder / "encoder.pth")
    layers = [f"{half}.{stride}.0" for stride in (16, 8, 4, 2, 1) for half in ("before", "after")]
    layers += [f"heads.{stride}" for stride in (1, 2, 4, 8)]
    depth = {}
    for number, layer in enumerate(layers):
        inner = "conv.conv" if number < 10 else "conv"
        depth |= {
            f"decoder.{number}.{inner}.{part}": state[f"decoder.{layer}.conv.{part}"] for part in ("weight", "bias")
        }
    torch.save(depth, folder / "depth.pth")
