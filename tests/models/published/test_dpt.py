"""Files of DPT and of the thesis's hybrids against the authors' outputs; and what a file says of itself."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.models.published.dpt import read
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
