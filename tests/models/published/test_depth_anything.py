"""Files of Depth Anything V2 against the authors' output; its sizes and its metric models."""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from hondo.core.errors import HondoWarning
from hondo.core.types import DepthKind
from hondo.models.published.depth_anything import read
from hondo.models.registry.build_model import build_model
from tests.models.published.vectors import load_vectors, relative_difference, write_checkpoint

NAME = "depth-anything-s"


@pytest.fixture(scope="module")
def path(shared_reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(shared_reference, NAME, tmp_path_factory.mktemp("depth_anything"))


def test_computes_what_its_authors_computed(shared_reference: Path, path: Path) -> None:
    vectors = load_vectors(shared_reference, NAME)
    with torch.no_grad():
        ours = build_model(NAME, weights=path)(vectors["in_image"])
    assert relative_difference(ours[0][:, 0], vectors["out_prediction"]) <= 1e-4


def test_the_metric_models_are_shares_of_their_largest_depth(path: Path) -> None:
    image = torch.rand(1, 3, 28, 42)
    with torch.no_grad():
        indoor, outdoor = (build_model(f"{NAME}-{place}", weights=path) for place in ("indoor", "outdoor"))
        near, far = indoor(image)[0], outdoor(image)[0]
    assert indoor.kind is outdoor.kind is DepthKind.METRIC_DEPTH
    assert near.min() > 0 and near.max() < 20 and torch.allclose(far, 4 * near)


@pytest.mark.parametrize(
    ("size", "dim", "depth", "features", "widths"),
    [("b", 768, 12, 128, (96, 192, 384, 768)), ("l", 1024, 24, 256, (256, 512, 1024, 1024))],
)
def test_larger_files_have_their_models(
    tmp_path: Path, size: str, dim: int, depth: int, features: int, widths: tuple[int, ...]
) -> None:
    """Keys and shapes as the authors' code has them."""
    shapes: dict[str, tuple[int, ...]] = {
        "pretrained.cls_token": (1, 1, dim),
        "pretrained.pos_embed": (1, 1370, dim),
        "pretrained.mask_token": (1, dim),
    }
    linear: dict[str, tuple[int, ...]] = {"pretrained.patch_embed.proj": (dim, 3, 14, 14), "pretrained.norm": (dim,)}
    for block in (f"pretrained.blocks.{index}" for index in range(depth)):
        shapes |= {f"{block}.ls1.gamma": (dim,), f"{block}.ls2.gamma": (dim,)}
        linear |= {f"{block}.norm1": (dim,), f"{block}.norm2": (dim,)}
        linear |= {f"{block}.attn.qkv": (3 * dim, dim), f"{block}.attn.proj": (dim, dim)}
        linear |= {f"{block}.mlp.fc1": (4 * dim, dim), f"{block}.mlp.fc2": (dim, 4 * dim)}
    for level, width in enumerate(widths):
        linear[f"depth_head.projects.{level}"] = (width, dim, 1, 1)
        shapes[f"depth_head.scratch.layer{level + 1}_rn.weight"] = (features, width, 3, 3)
        fusion = f"depth_head.scratch.refinenet{level + 1}"
        linear[f"{fusion}.out_conv"] = (features, features, 1, 1)
        units = (f"{fusion}.resConfUnit{number}.conv{conv}" for number in (1, 2) for conv in (1, 2))
        linear |= {unit: (features, features, 3, 3) for unit in units}
    for level, kernel in {0: 4, 1: 2, 3: 3}.items():
        linear[f"depth_head.resize_layers.{level}"] = (widths[level], widths[level], kernel, kernel)
    linear["depth_head.scratch.output_conv1"] = (features // 2, features, 3, 3)
    linear["depth_head.scratch.output_conv2.0"] = (32, features // 2, 3, 3)
    linear["depth_head.scratch.output_conv2.2"] = (1, 32, 1, 1)
    for key, shape in linear.items():
        shapes |= {f"{key}.weight": shape, f"{key}.bias": shape[:1]}
    torch.save({key: torch.zeros(()).expand(shape) for key, shape in shapes.items()}, tmp_path / "w.pth")
    with torch.device("meta"):
        model = build_model(f"depth-anything-{size}", weights="random")
    assert {key: value.shape for key, value in read(tmp_path / "w.pth").tensors.items()} == {
        key: value.shape for key, value in model.state_dict().items()
    }
    assert model.network.encoder.hooks == ((2, 5, 8, 11) if size == "b" else (4, 11, 17, 23))


BLOCKS = {f"pretrained.blocks.{index}.norm1.weight": torch.ones(1) for index in range(12)}


@pytest.mark.parametrize(
    ("name", "hooks"),
    [
        ("depth_anything_vits14", (8, 9, 10, 11)),
        ("depth_anything_v1_vits", (8, 9, 10, 11)),
        ("depth_anything_v2_vits", None),
        ("mine", None),
    ],
)
def test_the_first_version_is_known_by_its_file_name(tmp_path: Path, name: str, hooks: tuple[int, ...] | None) -> None:
    torch.save(BLOCKS, tmp_path / f"{name}.pth")
    with nullcontext() if hooks is None else pytest.warns(HondoWarning, match="V1"):
        assert read(tmp_path / f"{name}.pth").options.get("hooks") == hooks


@pytest.mark.parametrize(
    ("stated", "options"),
    [
        ({"backbone_config": {"out_indices": [9, 10, 11, 12]}}, {"hooks": (8, 9, 10, 11)}),
        ({"backbone_config": {"out_features": ["stage3", "stage6", "stage9", "stage12"]}}, {"hooks": (2, 5, 8, 11)}),
        ({"depth_estimation_type": "metric", "max_depth": 20}, {"head": "sigmoid", "max_depth": 20.0}),
        ({"model_type": "dpt", "depth_estimation_type": "metric", "max_depth": 20}, {}),
    ],
)
def test_a_port_of_transformers_states_its_options(tmp_path: Path, stated: dict, options: dict) -> None:
    save_file(BLOCKS, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "depth_anything"} | stated))
    assert read(tmp_path / "model.safetensors").options == options
