"""Files of DPT and of the thesis's hybrids against the authors' outputs; and what a file says of itself."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.models.base.torchvision_guard import import_timm
from hondo.models.published.dpt import read
from hondo.models.published.dpt_thesis import read as read_thesis
from hondo.models.registry.build_model import build_model
from tests.models.published.vectors import load_vectors, relative_difference, write_checkpoint

CASES = {
    "dpt-hybrid": ("dpt-hybrid", {}, DepthKind.RELATIVE_INVERSE_DEPTH),
    "dpt-hybrid-kitti": ("dpt-hybrid-kitti", {}, DepthKind.METRIC_DEPTH),
    "thesis_rn50_standard_1_0-1": ("dpt-thesis", {"num_heads": 1}, DepthKind.METRIC_DEPTH),
    "thesis_rn50_performer_12_8-11": ("dpt-thesis", {}, DepthKind.METRIC_DEPTH),
}
SMALLEST = "thesis_rn50_standard_1_0-1"  # two blocks; the others have twelve
KEY = "pretrained.model."


@pytest.mark.parametrize(
    "vector", [pytest.param(name, marks=[] if name == SMALLEST else pytest.mark.slow) for name in CASES]
)
def test_dpt_computes_what_its_authors_computed(shared_reference: Path, tmp_path: Path, vector: str) -> None:
    name, options, kind = CASES[vector]
    path = write_checkpoint(shared_reference, vector, tmp_path)
    vectors = load_vectors(shared_reference, vector)
    model = build_model(name, weights=path, **options)
    path.unlink()  # half a gigabyte
    with torch.no_grad():
        ours = model(vectors["in_image"])
    assert model.kind is kind
    assert relative_difference(ours[0][:, 0], vectors["out_prediction"]) <= 1e-4


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


def test_fewer_hooks_leave_the_last_blocks_of_a_file_unread(hybrid: dict[str, Tensor], tmp_path: Path) -> None:
    model = build_model("dpt-hybrid-nyu", weights=saved(hybrid, tmp_path), hooks=(2, 5))
    assert len(model.network.encoder.blocks) == 6
    hybrid.pop(f"{KEY}blocks.3.norm1.weight")
    with pytest.raises(HondoError, match=r"1 missing: network\.encoder\.blocks\.3\.norm1\.weight"):
        build_model("dpt-hybrid", weights=saved(hybrid, tmp_path), hooks=(2, 5))


def test_a_file_says_which_models_it_fits(hybrid: dict[str, Tensor], tmp_path: Path) -> None:
    with pytest.raises(HondoError, match=r"the file fits .*dpt-hybrid-kitti or dpt-hybrid-nyu"):
        build_model("dpt-base", weights=saved(hybrid, tmp_path))


def test_dpt_large_as_published(tmp_path: Path) -> None:
    """Four readouts and reassembling steps with their places in the authors' sequences; 24 blocks of width 1024."""
    with torch.device("meta"):
        model = build_model("dpt-large", weights="random")
    path = saved(authors_file(model.state_dict()), tmp_path)
    tensors = read(path).tensors_for(model)
    assert {key: value.shape for key, value in tensors.items()} == {
        key: value.shape for key, value in model.state_dict().items()
    }


def authors_file(ours: dict[str, Tensor]) -> dict[str, Tensor]:
    """DPT-Large's file, from the description of its layers rather than from our rules."""
    dim, widths = 1024, (256, 512, 1024, 1024)
    shapes = {
        f"{KEY}{key.removeprefix('network.encoder.')}": value.shape for key, value in ours.items() if "blocks" in key
    }
    shapes |= {f"{KEY}cls_token": (1, 1, dim), f"{KEY}pos_embed": (1, 577, dim)}
    shapes |= {f"{KEY}patch_embed.proj.weight": (dim, 3, 16, 16), f"{KEY}patch_embed.proj.bias": (dim,)}
    shapes |= {f"{KEY}norm.weight": (dim,), f"{KEY}head.weight": (1000, dim)}
    resize = {1: (256, 256, 4, 4), 2: (512, 512, 2, 2), 4: (1024, 1024, 3, 3)}
    for level, width in enumerate(widths, 1):
        step, fusion = f"pretrained.act_postprocess{level}.", f"scratch.refinenet{level}."
        shapes |= {f"{step}0.project.0.weight": (dim, 2 * dim), f"{step}0.project.0.bias": (dim,)}
        shapes |= {f"{step}3.weight": (width, dim, 1, 1), f"{step}3.bias": (width,)}
        if level in resize:
            shapes |= {f"{step}4.weight": resize[level], f"{step}4.bias": (width,)}
        shapes[f"scratch.layer{level}_rn.weight"] = (256, width, 3, 3)
        shapes |= {f"{fusion}out_conv.weight": (256, 256, 1, 1), f"{fusion}out_conv.bias": (256,)}
        for unit in (f"{fusion}resConfUnit{number}.conv{conv}" for number in (1, 2) for conv in (1, 2)):
            shapes |= {f"{unit}.weight": (256, 256, 3, 3), f"{unit}.bias": (256,)}
    head = {0: (128, 256, 3, 3), 2: (32, 128, 3, 3), 4: (1, 32, 1, 1)}
    for number, shape in head.items():
        shapes |= {f"scratch.output_conv.{number}.weight": shape, f"scratch.output_conv.{number}.bias": shape[:1]}
    return {key: torch.zeros(()).expand(tuple(shape)) for key, shape in shapes.items()}


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
