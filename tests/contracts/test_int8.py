"""A member of each family in int8: exported with images, written, read again, and close where it is allowed to be."""

from pathlib import Path

import numpy as np
import pytest
import torch

import hondo
from hondo.engines.quantization.calibration import Calibration, QuantizationOptions
from hondo.evaluate.parity.parity import export_checked
from hondo.models.registry.build_model import build_model
from tests.contracts.tiny import TINY
from tests.engines.multi_frame import tiny_multi_frame

SIZE = (64, 96)


def slow(name: str):
    return pytest.param(name, marks=pytest.mark.slow)


# A CNN and a multi-frame model, and a transformer for ONNX Runtime; more families in `make test-slow`.
OPENVINO = (
    "fastdepth", "tiny multi-frame",
    *map(slow, ("depth-anything-s", "dpt-hybrid-kitti", "monodepth2", "adabins-kitti", "vtdepth-b0", "manydepth")),
)  # fmt: skip
ONNX = ("dpt-hybrid-kitti", *map(slow, ("tiny multi-frame", "monodepth2", "manydepth")))
MAX_DROP = 0.9  # weights are untrained, so the drop says little: that no layer must be spared is enough here


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    coarse = np.random.default_rng(0).integers(0, 256, (8, 3, 8, 12), dtype=np.uint8)
    return Calibration(images=coarse.repeat(8, axis=2).repeat(8, axis=3))


def export(name: str, path: Path, *, engine: str, calibration: Calibration) -> None:
    torch.manual_seed(0)
    if name == "tiny multi-frame":
        model = tiny_multi_frame(size_hw=SIZE)
    else:
        model = build_model(name, weights="random", **TINY.get(name, {}) | {"size_hw": SIZE})
    with torch.no_grad():
        for module in model.modules():  # untrained heads that end in ReLU give nothing but zeros
            if isinstance(module, torch.nn.Conv2d) and module.out_channels == 1 and module.bias is not None:
                module.bias.fill_(1)
    quantization = QuantizationOptions(calibration=calibration, max_abs_rel_error=MAX_DROP)
    parity = export_checked(model, path, engine=engine, size_hw=SIZE, precision="int8", quantization=quantization)
    assert parity.passed and parity.images == 8 and 0 < parity.abs_rel <= MAX_DROP
    predictor = hondo.load(path)
    assert predictor.precision == "int8" and predictor.int8.images == 8
    depth_map = predictor(np.full((50, 70, 3), 90, dtype=np.uint8))
    assert depth_map.values.shape == (50, 70) and np.isfinite(depth_map.values).all()


@pytest.mark.parametrize("name", OPENVINO)
def test_openvino(name: str, calibration: Calibration, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    pytest.importorskip("nncf")
    export(name, tmp_path / "net.xml", engine="openvino", calibration=calibration)
    assert b'"i8"' in (tmp_path / "net.xml").read_bytes(), "weights are stored in 8 bits"


@pytest.mark.parametrize("name", ONNX)
def test_onnx_runtime(name: str, calibration: Calibration, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    export(name, tmp_path / "net.onnx", engine="onnx", calibration=calibration)
    assert b"DequantizeLinear" in (tmp_path / "net.onnx").read_bytes()
