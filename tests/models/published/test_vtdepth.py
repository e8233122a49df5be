"""VTDepth's published folders against the authors' outputs, and the forms that its other encoders come in."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.geometry.depth_units import inv_depth_from_sigmoid
from hondo.models.registry.build_model import build_model
from tests.models.published.vectors import load_vectors, relative_difference, write_checkpoint
from tests.models.published.vtdepth_formats import (
    Shapes,
    convolutional_decoder,
    pyramid_encoder,
    swin_encoder,
    twins_encoder,
)

VECTORS = ("vtdepth-a0", "vtdepth-b0", "vtdepth-c0", "vtdepth-pcpvt")
B0, B1, SVT, SWIN = (32, 64, 160, 256), (64, 128, 320, 512), (64, 128, 256, 512), (96, 192, 384, 768)
SIBLINGS: dict[str, Callable[[], tuple[Shapes, Shapes]]] = {
    "vtdepth-b1": lambda: (pyramid_encoder(B1, (2, 2, 2, 2)), convolutional_decoder(B1)),
    "vtdepth-b2": lambda: (pyramid_encoder(B1, (3, 4, 6, 3)), convolutional_decoder(B1)),
    "vtdepth-svt": lambda: (
        twins_encoder(SVT, (2, 2, 10, 4), mlp=(4, 4, 4, 4), is_local=True),
        convolutional_decoder(SVT),
    ),
    "vtdepth-swin-t": lambda: (swin_encoder(96, (2, 2, 6, 2)), convolutional_decoder(SWIN)),
    "vtdepth-pvtv1-tiny": lambda: (pyramid_encoder(B1, (2, 2, 2, 2), is_first=True), convolutional_decoder(B1)),
    "vtdepth-pvtv1-small": lambda: (pyramid_encoder(B1, (3, 4, 6, 3), is_first=True), convolutional_decoder(B1)),
}


@pytest.mark.parametrize("name", VECTORS)
def test_computes_what_the_authors_do(name: str, shared_reference: Path, tmp_path: Path) -> None:
    model = build_model(name, weights=write_checkpoint(shared_reference, name, tmp_path))
    vectors = load_vectors(shared_reference, name)
    with torch.no_grad():
        maps = model(vectors["in_image"])
    assert model.kind is DepthKind.SCALED_INVERSE_DEPTH and len(maps) == 4
    for scale, ours in enumerate(maps):
        theirs = inv_depth_from_sigmoid(vectors[f"out_disp{scale}"])
        assert relative_difference(ours, theirs) <= 1e-4


def test_the_formats_written_here_are_the_authors(shared_reference: Path) -> None:
    written = {
        "vtdepth-b0": (pyramid_encoder(B0, (2, 2, 2, 2)), convolutional_decoder(B0, is_light=True)),
        "vtdepth-pcpvt": (
            twins_encoder(B1, (3, 4, 6, 3), mlp=(8, 8, 4, 4), is_local=False),
            convolutional_decoder(B1),
        ),
    }
    for name, (encoder, decoder) in written.items():
        files = json.loads((shared_reference / f"{name}.json").read_text())["files"]
        assert files == {"encoder.pth": encoder, "depth.pth": decoder}


@pytest.mark.parametrize("name", SIBLINGS)
def test_every_sibling_reads_its_own_format(name: str, tmp_path: Path) -> None:
    encoder, decoder = SIBLINGS[name]()
    folder = write(tmp_path, encoder, decoder)
    model = build_model(name, weights=folder)
    fresh = build_model(name, weights="random")
    assert model.state_dict().keys() == fresh.state_dict().keys()
    theirs = torch.load(folder / "encoder.pth")
    first = next(key for key in theirs if "proj.weight" in key)
    assert any(torch.equal(theirs[first], tensor) for tensor in model.state_dict().values())


def test_numbers_in_the_file_become_options(tmp_path: Path) -> None:
    encoder, decoder = SIBLINGS["vtdepth-b1"]()
    folder = write(tmp_path, encoder, decoder, height=96, width=320)
    assert build_model("vtdepth-b1", weights=folder).input_spec.size_hw == (96, 320)
    assert build_model("vtdepth-b1", weights=folder, size_hw=(64, 96)).input_spec.size_hw == (64, 96)


def test_position_embeddings_of_the_trained_size_are_no_square(tmp_path: Path) -> None:
    encoder, decoder = SIBLINGS["vtdepth-pvtv1-tiny"]()
    for i, stride in enumerate((4, 8, 16, 32)):
        encoder[f"pos_embed{i + 1}"][1] = (192 // stride) * (640 // stride) + (i == 3)
    model = build_model("vtdepth-pvtv1-tiny", weights=write(tmp_path, encoder, decoder))
    assert model.options["positions_hw"] == (192, 640)


def test_a_folder_of_another_variant_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, *SIBLINGS["vtdepth-b1"]())
    with pytest.raises(HondoError, match=r"missing.*the file fits vtdepth-b1$"):
        build_model("vtdepth-b2", weights=folder)


def test_a_folder_of_another_family_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, {"conv.weight": [1, 1]}, {"decoder.weight": [1]})
    with pytest.raises(HondoError, match=r"holds no encoder of VTDepth; its first tensor is conv\.weight"):
        build_model("vtdepth-b0", weights=folder)


def write(folder: Path, encoder: Shapes, decoder: Shapes, **numbers: int) -> Path:
    """A published folder of random weights."""
    torch.manual_seed(0)
    torch.save({key: torch.randn(shape) for key, shape in encoder.items()} | numbers, folder / "encoder.pth")
    torch.save({key: torch.randn(shape) for key, shape in decoder.items()}, folder / "depth.pth")
    return folder
