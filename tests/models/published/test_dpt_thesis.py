"""Files of the thesis's hybrids: encoder, attention and hooks follow from what they hold."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.models.base.torchvision_guard import import_timm
from hondo.models.published.dpt_thesis import read as read_thesis
from hondo.models.registry.build_model import build_model

KEY = "pretrained.model."


@pytest.fixture
def hybrid(shared_reference: Path) -> dict[str, Tensor]:
    """Keys and shapes of the published file, without values."""
    return empty(shared_reference, "dpt-hybrid")


def empty(reference: Path, name: str) -> dict[str, Tensor]:
    (shapes,) = json.loads((reference / f"{name}.json").read_text())["files"].values()
    return {key: torch.zeros(()).expand(shape) for key, shape in shapes.items()}  # a file of a few kilobytes


def saved(tensors: dict[str, Tensor], folder: Path) -> Path:
    torch.save(tensors, folder / "w.pt")
    return folder / "w.pt"


@pytest.mark.parametrize("hooks", [(0, 1), (2, 5), (8, 11)])
@pytest.mark.parametrize(("attention", "heads"), [("softmax", None), ("performer", 1), ("performer", 24)])
def test_encoder_attention_and_hooks_follow_from_a_file_of_the_thesis(
    shared_reference: Path, tmp_path: Path, hooks: tuple[int, int], attention: str, heads: int | None
) -> None:
    path = saved(thesis_file(shared_reference, hooks=hooks, heads=heads), tmp_path)
    published = read_thesis(path)
    expected = {"encoder": "efficientnet_b0", "attention": attention, "hooks": hooks}
    assert published.options == expected | ({"num_heads": heads} if heads else {})
    with torch.device("meta"):
        model = build_model("dpt-thesis", weights="random", **published.options)
    assert {key: value.shape for key, value in published.tensors.items()} == {
        key: value.shape for key, value in model.state_dict().items()
    }


def thesis_file(reference: Path, *, hooks: tuple[int, int], heads: int | None) -> dict[str, Tensor]:
    """The vector's file with another CNN, as timm names it behind the transformer's patches, and Performer."""
    tensors = {
        key: value
        for key, value in empty(reference, "thesis_rn50_performer_12_8-11" if heads else "dpt-hybrid").items()
        if not key.startswith(f"{KEY}patch_embed")
        and not (key.startswith(f"{KEY}blocks.") and int(key.split(".")[3]) > hooks[1])
    }
    with torch.device("meta"):
        cnn = import_timm().create_model("efficientnet_b0").state_dict()
    cnn = {f"{KEY}patch_embed.backbone.{key}": torch.zeros(()).expand(value.shape) for key, value in cnn.items()}
    cnn |= {f"{KEY}patch_embed.proj.weight": torch.zeros(()).expand(1280, 768, 2, 2)}
    cnn |= {f"{KEY}patch_embed.proj.bias": torch.zeros(()).expand(768)}
    for key in [key for key in tensors if heads and ".attn.to_" in key and key.endswith("weight")]:
        shape = (768, 64 * heads) if "to_out" in key else (64 * heads, 768)  # type: ignore[operator]
        tensors[key] = torch.zeros(()).expand(shape)
    tensors["scratch.layer1_rn.weight"] = torch.zeros(()).expand(256, 24, 3, 3)
    tensors["scratch.layer2_rn.weight"] = torch.zeros(()).expand(256, 40, 3, 3)
    return tensors | cnn


def test_an_efficientnet_is_known_by_the_order_of_its_tensors(shared_reference: Path, tmp_path: Path) -> None:
    tensors = thesis_file(shared_reference, hooks=(0, 1), heads=None)
    others = {
        key.replace("backbone.blocks", "backbone.layers").replace("conv_stem", "stem.0"): value
        for key, value in tensors.items()
    }
    ours = read_thesis(saved(tensors, tmp_path)).tensors
    theirs = read_thesis(saved(others, tmp_path)).tensors
    assert ours.keys() == theirs.keys()


def test_a_file_with_another_number_of_blocks_is_none_of_the_thesis(hybrid: dict[str, Tensor], tmp_path: Path) -> None:
    hybrid = {key: value for key, value in hybrid.items() if not key.startswith(f"{KEY}blocks.11.")}
    with pytest.raises(HondoError, match="11 transformer blocks"):
        build_model("dpt-thesis", weights=saved(hybrid, tmp_path))
