"""AdaBins against the authors' own output, and the forms of its files."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.registry.build_model import build_model
from tests.contracts.tiny import TINY
from tests.models.published.vectors import load_vectors, relative_difference, write_checkpoint

LAYERS = "adaptive_bins_layer.patch_transformer.transformer_encoder.layers"


@pytest.mark.slow
def test_adabins_computes_what_its_authors_computed(shared_reference: Path, tmp_path: Path) -> None:
    path = write_checkpoint(shared_reference, "adabins-kitti", tmp_path, wrap=as_first_version)
    vectors = load_vectors(shared_reference, "adabins-kitti")
    model = build_model("adabins-kitti", weights=path)
    with torch.no_grad():
        maps, centres = model.with_bins(vectors["in_image"])
    edges = vectors["out_bin_edges"]
    assert relative_difference(maps[0], vectors["out_prediction"]) <= 1e-4
    assert relative_difference(centres, (edges[:, 1:] + edges[:, :-1]) / 2) <= 1e-4


def as_first_version(state: dict[str, torch.Tensor]) -> dict[str, Any]:
    """{"model": weights saved from DataParallel, under the names of the first files}."""
    old = {"embedding_convPxP": "embedding_encoder", "conv3x3": "embedding_conv"}
    renamed = {}
    for key, tensor in state.items():
        for new, first in old.items():
            key = key.replace(f".{new}.", f".{first}.")
        renamed[f"module.{key}"] = tensor
    return {"model": renamed, "epoch": 24, "optimizer": {}}


def tiny(name: str, **options: Any) -> Any:
    torch.manual_seed(0)
    return build_model(name, weights="random", **TINY[name] | options)


@pytest.mark.parametrize("name", ["adabins-kitti", "adabins-nyu"])
def test_the_file_decides_the_bins_and_the_model_the_range(name: str, tmp_path: Path) -> None:
    model = tiny(name, bins=24)
    torch.save({"model": in_published_names(model)}, tmp_path / "w.pt")
    again = build_model(name, weights=tmp_path / "w.pt", **{k: v for k, v in TINY[name].items() if k != "bins"})
    assert again.options["bins"] == 24
    image = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        depth = again(image)[0]
        assert torch.allclose(depth, model(image)[0], rtol=1e-5)
    assert again.options["max_depth"] == {"adabins-kitti": 80.0, "adabins-nyu": 10.0}[name]
    assert depth.min() > 1e-3 and depth.max() < again.options["max_depth"]


def in_published_names(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A state dict under the names of the released code, with what it holds and never uses."""
    state = {theirs(key.removeprefix("network.")): tensor for key, tensor in model.state_dict().items()}
    return state | {"encoder.original_model.bn2.weight": torch.ones(8)}


def theirs(key: str) -> str:
    for ours, published in (
        (r"encoder\.(.+)", r"encoder.original_model.\1"),
        (r"decoder\.decoder\.reduce\.(.+)", r"decoder.conv2.\1"),
        (r"decoder\.decoder\.project\.(.+)", r"decoder.conv3.\1"),
        (r"decoder\.classify\.(.+)", r"conv_out.0.\1"),
        (r"decoder\.vit\.positions", r"adaptive_bins_layer.patch_transformer.positional_encodings"),
        (r"decoder\.vit\.embed\.(.+)", r"adaptive_bins_layer.patch_transformer.embedding_convPxP.\1"),
        (r"decoder\.vit\.conv\.(.+)", r"adaptive_bins_layer.conv3x3.\1"),
        (r"decoder\.vit\.regressor\.(.+)", r"adaptive_bins_layer.regressor.\1"),
        (r"decoder\.vit\.blocks\.(\d)\.attention\.qkv\.(.+)", rf"{LAYERS}.\1.self_attn.in_proj_\2"),
        (r"decoder\.vit\.blocks\.(\d)\.attention\.proj\.(.+)", rf"{LAYERS}.\1.self_attn.out_proj.\2"),
        (r"decoder\.vit\.blocks\.(.+)", rf"{LAYERS}.\1"),
    ):
        if re.fullmatch(ours, key):
            return re.sub(ours, published, key)
    found = re.fullmatch(r"decoder\.decoder\.ups\.(\d)\.(\d)\.(\d)\.(.+)", key)
    assert found, key
    up, pair, layer, name = found.groups()
    return f"decoder.up{int(up) + 1}._net.{3 * int(pair) + int(layer)}.{name}"


def test_another_models_file_is_refused(tmp_path: Path) -> None:
    torch.save({"encoder.weight": torch.zeros(2)}, tmp_path / "w.pt")
    with pytest.raises(HondoError, match=r"no AdaBins checkpoint: it has no conv_out\.0\.weight"):
        build_model("adabins-kitti", weights=tmp_path / "w.pt")
