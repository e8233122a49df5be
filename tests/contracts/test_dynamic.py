"""Files of any size and batch: every family of models works in them at sizes that were not traced.

A network of the parts that depend on the size is traced always; files, which take ten seconds each, are `slow`.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.engine import ExportOptions
from hondo.engines.base.predictor import Run
from hondo.engines.registry import ENGINES
from hondo.engines.tracing.export_graph import trace
from hondo.engines.tracing.graph_inputs import driving
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.torchvision_guard import import_timm
from hondo.models.registry.build_model import build_model
from hondo.models.registry.zoo import ZOO
from hondo.nn.blocks.standardised_conv import SameConv
from hondo.nn.blocks.swin_block import SwinBlock
from hondo.nn.positions import resized_positions
from hondo.nn.tokens import map_from_tokens, tokens_from_map
from tests.contracts.tiny import TINY

FAMILIES = (
    "adabins-kitti", "bts-kitti", "depth-anything-s", "dpt-hybrid", "dpt-large", "dpt-thesis", "eigen2014", "fastdepth",
    "glpn-kitti", "hondo-nano", "hondo-nano-plain", "hondo-small", "manydepth", "mobiledepth", "monodepth2",
    "puretransformer", "pydnet", "shuffle-unet", "unet", "unet-convnext-atto", "unet-litehybrid", "unet-pvtv2-b0",
    "unet-swin-t", "vit-middle",
    "vtdepth-a0", "vtdepth-b0", "vtdepth-pcpvt", "vtdepth-pvtv1-tiny", "vtdepth-svt",
)  # fmt: skip
SHAPES = ((2, 2, 3), (1, 5, 2))  # batch, and steps of ``multiple_of``
TOLERANCE = 1e-3  # of the largest value
GRID_HW = (6, 9)


class SizedParts(nn.Module):
    """What looks at the size: padding, resized positions and shifted windows."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, 8, 5, 4)
        self.positions = nn.Parameter(torch.randn(1, GRID_HW[0] * GRID_HW[1], 8))
        block = import_timm().models.swin_transformer.SwinTransformerBlock
        self.shifted = SwinBlock(block(8, (12, 12), num_heads=2, window_size=4, shift_size=2, dynamic_mask=True))
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, image: Tensor) -> list[Tensor]:
        x = self.stem(image)
        grid_hw = (x.shape[-2], x.shape[-1])
        tokens = tokens_from_map(x)
        tokens = tokens + resized_positions(self.positions, grid_hw=GRID_HW, size_hw=grid_hw, how="dino")
        x = map_from_tokens(tokens, grid_hw)
        x = x + self.shifted(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return [2 + self.last(x).tanh()]


def parts_model() -> DepthModel:
    torch.manual_seed(0)
    spec = InputSpec(size_hw=(24, 36), multiple_of=4)
    return DepthModel(SizedParts(), name="parts", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=spec).eval()


def check_in_file(model: DepthModel, engine: str, folder: Path) -> None:
    if not ENGINES[engine].is_installed():
        pytest.skip(f"{engine} is not installed")
    path = folder / f"net{ENGINES[engine].suffix}"
    check(model, ENGINES[engine].load(ENGINES[engine].export(model, path, ExportOptions(dynamic=True))).run)


def check(model: DepthModel, run: Run) -> None:
    step = -(-32 // model.input_spec.multiple_of) * model.input_spec.multiple_of
    for batch, rows, columns in SHAPES:
        image = np.random.default_rng(0).random((batch, 3, rows * step, columns * step), dtype=np.float32)
        feed = driving(image, num_previous=model.num_previous)
        with torch.inference_mode():
            wanted = model(*map(torch.from_numpy, feed))[0].numpy()
        np.testing.assert_allclose(run(*feed), wanted, rtol=0, atol=TOLERANCE * np.abs(wanted).max())


def test_every_part_that_depends_on_the_size_follows_it_in_a_graph() -> None:
    program = trace(parts_model(), size_hw=(24, 36), dynamic=True).module(check_guards=False)
    with torch.no_grad():
        check(parts_model(), lambda image: program(torch.from_numpy(image)).numpy())


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["onnx", "openvino"])
def test_every_part_that_depends_on_the_size_follows_it_in_a_file(engine: str, tmp_path: Path) -> None:
    check_in_file(parts_model(), engine, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["onnx", "openvino"])
@pytest.mark.parametrize("name", FAMILIES)
def test_a_file_of_any_size_gives_torchs_map(name: str, engine: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build_model(name, weights="random", **TINY.get(name, {}))
    assert isinstance(model, DepthModel)
    check_in_file(model, engine, tmp_path)


def test_every_family_of_depth_models_is_listed() -> None:
    modules = {name: ZOO[name].__module__ for name in ZOO if not name.endswith("pose")}
    assert set(modules.values()) == {modules[name] for name in FAMILIES}
