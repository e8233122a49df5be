"""FastDepth against the authors' own output, unpruned and pruned, in every form of its file."""

from pathlib import Path

import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.models.base.macs import count_macs
from hondo.models.registry.build_model import build_model
from tests.models.published.vectors import load_vectors, relative_difference, write_checkpoint


@pytest.mark.parametrize("wrapper", [None, "state_dict"])
def test_fastdepth_computes_what_its_authors_computed(
    shared_reference: Path, tmp_path: Path, wrapper: str | None
) -> None:
    wrap = (lambda state: state) if wrapper is None else (lambda state: {wrapper: state, "epoch": 19})
    path = write_checkpoint(shared_reference, "fastdepth", tmp_path, wrap=wrap)
    vectors = load_vectors(shared_reference, "fastdepth")
    with torch.no_grad():
        ours = build_model("fastdepth", weights=path)(vectors["in_image"])
    assert relative_difference(ours[0], vectors["out_prediction"]) <= 1e-4


def test_the_pruned_network_is_read_from_its_whole_pickled_module(tmp_path: Path) -> None:
    """A file decides the widths: here narrower ones than the published."""
    torch.manual_seed(0)
    widths = (8, 8, 8, 16, 8, 24, 8, 8, 8, 8, 8, 16, 8, 8)
    model = build_model("fastdepth", encoder_widths=widths, decoder_widths=(16, 8))
    torch.save({"epoch": 3, "model": authors_module(model)}, tmp_path / "w.pth.tar")
    again = build_model("fastdepth-pruned", weights=tmp_path / "w.pth.tar")
    assert again.options["encoder_widths"] == widths and again.options["decoder_widths"] == (16, 8)
    image = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        assert torch.equal(again(image)[0], model(image)[0])


def authors_module(model: nn.Module) -> nn.Module:
    """The tree of modules that the authors' file pickles: conv0 to conv13, decode_conv1 to decode_conv6."""
    encoder, decoder = model.network.encoder, model.network.decoder
    tree = nn.Module()
    tree.conv0 = encoder.stem
    for number, block in enumerate(encoder.blocks, 1):
        setattr(tree, f"conv{number}", nn.Sequential(*block[0], *block[1]))
    for number, block in enumerate((*decoder.blocks, decoder.head), 1):
        setattr(tree, f"decode_conv{number}", block)
    return tree


def test_the_published_pruned_widths_are_those_of_its_paper() -> None:
    model = build_model("fastdepth-pruned", weights="random")
    kernels = sum(parameter.numel() for parameter in model.parameters() if parameter.ndim == 4)
    assert round(kernels / 1e6, 2) == 1.34 and round(count_macs(model) / 1e9, 2) == 0.37  # Wofk et al. 2019, table IV


def test_another_models_file_is_refused(tmp_path: Path) -> None:
    torch.save({"encoder.weight": torch.zeros(2)}, tmp_path / "w.pt")
    with pytest.raises(HondoError, match=r"no FastDepth checkpoint: it has no conv0\.0\.weight"):
        build_model("fastdepth", weights=tmp_path / "w.pt")


@pytest.mark.parametrize(
    ("asked", "message"),
    [("adabins-kitti", "no AdaBins checkpoint"), ("monodepth2", "must be the folder"), ("mobiledepth", "hondo's own")],
)
def test_a_file_given_to_another_model_says_what_it_fits(tmp_path: Path, asked: str, message: str) -> None:
    model = build_model("fastdepth", encoder_widths=(8,) * 14, decoder_widths=(8, 8))
    torch.save(authors_module(model).state_dict(), tmp_path / "w.pt")
    with pytest.raises(HondoError, match=rf"{message}.*; the file fits fastdepth or fastdepth-pruned$"):
        build_model(asked, weights=tmp_path / "w.pt")
