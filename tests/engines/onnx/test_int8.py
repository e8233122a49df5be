"""int8 for ONNX Runtime: ELU decomposed gives the same, and a layer that cannot take int8 stays in float."""

import numpy as np
import pytest
import torch
from torch import nn

import hondo
from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.onnx.engine import ENGINE as onnx_runtime
from hondo.engines.onnx.int8 import decompose_elu
from hondo.engines.onnx.int8_weights import with_int8_weights
from hondo.engines.onnx.proto import proto_of
from hondo.engines.quantization.calibration import Calibration, QuantizationOptions
from hondo.engines.quantization.validation import Validation
from hondo.models.base.depth_model import DepthModel

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def graph(*alphas: float):
    """ELUs in a row."""
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    ends = [helper.make_tensor_value_info(name, number, [None]) for name in ("x0", f"x{len(alphas)}")]
    nodes = [
        helper.make_node("Elu", [f"x{at}"], [f"x{at + 1}"], name=f"elu{at}", alpha=alpha)
        for at, alpha in enumerate(alphas)
    ]
    made = helper.make_graph(nodes, "elus", ends[:1], ends[1:])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def outcome(proto) -> np.ndarray:
    onnx.checker.check_model(proto, full_check=True)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x0": np.float32([-np.inf, -100, -1, -1e-4, 0, 1e-4, 1, 100, np.inf])})[0]


def test_the_values_are_those_of_elu() -> None:
    proto = graph(1.0, 1.0)
    wanted = outcome(proto)
    assert decompose_elu(proto) == 2
    assert "Elu" not in {node.op_type for node in proto.graph.node}
    np.testing.assert_allclose(outcome(proto), wanted, rtol=1e-6, atol=1e-6)


def test_elus_of_another_factor_stay() -> None:
    proto = graph(0.5)
    before = proto.SerializeToString()
    assert decompose_elu(proto) == 0 and proto.SerializeToString() == before


pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
SPEC = InputSpec(size_hw=(32, 48), multiple_of=16)
WIDE = 32


class Tokens(nn.Module):
    """Every kind of weight: convolution, transposed convolution, matrix; one channel is far larger than the others."""

    def __init__(self) -> None:
        super().__init__()
        self.widens = nn.Conv2d(3, WIDE, 4, stride=4)
        self.loses = nn.Linear(WIDE, WIDE)
        self.up = nn.ConvTranspose2d(WIDE, 8, 4, stride=4)
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.widens(image).abs()
        tokens = self.loses(x.flatten(2).transpose(1, 2)).relu()
        x = tokens.transpose(1, 2).reshape(x.shape)
        return self.last(self.up(x).abs()).abs() + 0.05


def build(*, factor: float) -> DepthModel:
    torch.manual_seed(0)
    network = Tokens()
    with torch.no_grad():
        network.widens.weight[0] *= factor
        network.loses.weight[:, 0] = 0  # only the small channels count
    return DepthModel(network, name="tokens", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC).eval()


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    coarse = np.random.default_rng(0).integers(0, 256, (16, 3, 8, 12), dtype=np.uint8)
    return Calibration(images=coarse.repeat(4, axis=2).repeat(4, axis=3))


def drop(model: DepthModel, predictor, calibration: Calibration) -> float:
    with torch.inference_mode():
        wanted = [model(torch.from_numpy(image))[0][0, 0].numpy() for image in calibration]
    return Validation(images=calibration, expected=wanted, kind=model.kind).abs_rel_error(predictor.run)


def test_the_layer_that_cannot_take_int8_is_kept(calibration, tmp_path) -> None:
    model, validation = build(factor=1000), calibration.validation_images
    files = {most: tmp_path / f"{most}.onnx" for most in (0.9, 0.01)}
    for most, path in files.items():
        quantization = QuantizationOptions(calibration=calibration, max_abs_rel_error=most)
        onnx_runtime.export(model, path, ExportOptions(precision="int8", quantization=quantization))
    careless, careful = (hondo.load(path) for path in files.values())
    assert careless.int8.kept == () and drop(model, careless, validation) > 0.01
    assert any("loses" in name for name in careful.int8.kept) and careful.int8.images == 16
    assert (
        drop(model, careful, validation) == pytest.approx(careful.int8.abs_rel_error, rel=1e-3)
        and careful.int8.abs_rel_error <= 0.01
    )
    assert careful.precision == "int8"


@pytest.mark.parametrize("precision", ["int8-weights", "int8-dynamic"])
def test_without_images_in_a_file_and_in_memory(precision, calibration, tmp_path) -> None:
    model = build(factor=1)
    path = onnx_runtime.export(model, tmp_path / "net.onnx", ExportOptions(precision=precision))
    predictor = hondo.load(path)
    assert predictor.precision == precision and 0 < drop(model, predictor, calibration) < 0.02
    served = onnx_runtime.load(model, LoadOptions(precision=precision))
    image = next(iter(calibration))
    np.testing.assert_allclose(served.run(image), predictor.run(image), rtol=1e-4)


def test_every_weight_is_within_half_a_step_of_its_channel_and_a_quarter_as_large() -> None:
    model = build(factor=1)
    plain = proto_of(model, shape=(1, 3, 32, 48))
    before = {each.name: onnx.numpy_helper.to_array(each) for each in plain.graph.initializer}
    packed = with_int8_weights(plain)
    after = {each.name: onnx.numpy_helper.to_array(each) for each in packed.graph.initializer}
    unpacking = [node for node in packed.graph.node if node.op_type == "DequantizeLinear"]
    assert len(unpacking) == 3
    for node in unpacking:
        whole, scale, original = after[node.input[0]], after[node.input[1]], before[node.output[0]]
        shape = [1] * original.ndim
        shape[node.attribute[0].i] = -1
        assert whole.dtype == np.int8 and whole.shape == original.shape
        assert np.all(np.abs(whole * scale.reshape(shape) - original) <= 0.5001 * scale.reshape(shape))
        assert np.all(np.abs(whole).max(axis=tuple(a for a, n in enumerate(shape) if n == 1)) == 127)


class Summary(nn.Module):
    """Maps that are weighed by what a row of numbers says of the whole image, as in AdaBins."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.row, self.last = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 16), nn.Conv2d(16, 1, 1)
        self.second = nn.Conv2d(8, 16, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.first(image)
        return self.last(self.second(x) * self.row(x.mean((2, 3))).relu()[..., None, None])


@pytest.mark.parametrize("precision", ["int8-dynamic", "int8-weights", "int8"])
def test_a_layer_on_one_row_is_exported(precision, calibration, tmp_path) -> None:
    torch.manual_seed(0)
    model = DepthModel(Summary(), name="summary", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC).eval()
    images = QuantizationOptions(calibration=calibration, max_abs_rel_error=0.5) if precision == "int8" else None
    path = onnx_runtime.export(model, tmp_path / "net.onnx", ExportOptions(precision=precision, quantization=images))
    image = next(iter(calibration))
    with torch.no_grad():
        wanted = model(torch.from_numpy(image))[0].numpy()
    assert np.abs(onnx_runtime.load(path).run(image) - wanted).max() <= 0.05 * np.abs(wanted).max()


def test_static_int8_needs_a_file(calibration) -> None:
    with pytest.raises(HondoError, match=r"needs calibration images: export a file with precision=.int8"):
        onnx_runtime.load(build(factor=1), LoadOptions(precision="int8"))
