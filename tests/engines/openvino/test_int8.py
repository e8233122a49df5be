"""int8 on OpenVINO: close where it can be, a layer that cannot take it is found and kept, files that say so."""

import numpy as np
import pytest
import torch
from torch import nn

import hondo
from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.openvino import int8 as openvino_int8
from hondo.engines.openvino.decompose import decompose_group_norms, fold_constants
from hondo.engines.openvino.engine import ENGINE as openvino_ir
from hondo.engines.openvino.graph import convert, convert_model
from hondo.engines.openvino.quantized_layers import layers_of, with_float
from hondo.engines.openvino.ranges import with_ranges
from hondo.engines.quantization.calibration import Calibration, QuantizationOptions, evenly
from hondo.engines.quantization.validation import FEW, Validation
from hondo.engines.tracing.export_graph import module_paths, trace
from hondo.metrics.reference import abs_rel_to_reference
from hondo.models.base.depth_model import DepthModel

pytest.importorskip("openvino")
pytest.importorskip("nncf")
SPEC = InputSpec(size_hw=(32, 48), multiple_of=16)


class OneWideChannel(nn.Module):
    """Depth from small channels that pass beside one a thousand times as large: eight bits for all lose the small."""

    def __init__(self) -> None:
        super().__init__()
        self.plain = nn.Conv2d(3, 8, 3, padding=1)
        self.widens = nn.Conv2d(8, 8, 1)
        self.loses = nn.Conv2d(8, 8, 1)
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        wide = self.widens(self.plain(image).relu()).abs()
        return self.last(self.loses(wide).relu()) + 0.05


@pytest.fixture(scope="module")
def model() -> DepthModel:
    torch.manual_seed(0)
    network = OneWideChannel()
    with torch.no_grad():
        network.widens.weight[0] *= 1000
        network.loses.weight[:, 0] = 0  # so that only the small ones count
        network.last.weight.abs_()
        network.loses.bias.fill_(0)
        network.last.bias.fill_(0)
    return DepthModel(network, name="wide", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC).eval()


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    coarse = np.random.default_rng(0).integers(0, 256, (16, 3, 8, 12), dtype=np.uint8)
    return Calibration(images=coarse.repeat(4, axis=2).repeat(4, axis=3))


@pytest.fixture(scope="module")
def exported(model, calibration, tmp_path_factory):
    lines: list[str] = []
    path = tmp_path_factory.mktemp("int8") / "wide.xml"
    quantization = QuantizationOptions(calibration=calibration, max_abs_rel_error=0.005, on_progress=lines.append)
    openvino_ir.export(model, path, ExportOptions(precision="int8", quantization=quantization))
    return path, lines


def drop(model: DepthModel, run, calibration: Calibration) -> float:
    with torch.inference_mode():
        wanted = [model(torch.from_numpy(image))[0].numpy() for image in calibration]
    pairs = zip(map(run, calibration), wanted, strict=True)
    return float(np.mean([abs_rel_to_reference(given, want, kind=model.kind) for given, want in pairs]))


def test_the_layer_that_cannot_take_int8_is_kept_and_the_depth_is_close(model, exported, calibration) -> None:
    path, lines = exported
    predictor = hondo.load(path)
    assert predictor.precision == "int8" and predictor.int8 is not None
    assert "network.loses" in predictor.int8.kept and len(predictor.int8.kept) <= 2
    assert predictor.int8.images == 16 and predictor.int8.abs_rel_error <= 0.005
    assert any("network.loses" in line and "stay in float" in line for line in lines)
    assert drop(model, predictor.run, calibration.validation_images) == pytest.approx(
        predictor.int8.abs_rel_error, rel=0.2
    )


def test_without_the_search_the_depth_is_off(model, calibration, tmp_path) -> None:
    path = tmp_path / "all.xml"
    quantization = QuantizationOptions(calibration=calibration, max_abs_rel_error=0.9)
    openvino_ir.export(model, path, ExportOptions(precision="int8", quantization=quantization))
    predictor = hondo.load(path)
    assert predictor.int8 is not None and predictor.int8.kept == ()
    assert drop(model, predictor.run, calibration.validation_images) > 0.005


def test_ranges_are_judged_by_every_image_that_judges() -> None:
    """The mean of ranges is right for all images but a bright one, which no eight of them would show."""
    images = np.full((24, 3, 4, 4), 100, np.uint8)
    images[1::2][1] = 250  # one of twelve judges
    given = {"float": 1.0, "MINMAX": 1.02, "MEAN_MINMAX": 1.01}
    saturated = {"MEAN_MINMAX": 0.5}

    def running(graph: str, float_precision: str):
        return lambda image, *previous: (
            image[:, :1] * (saturated.get(graph, given[graph]) if image.max() > 0.9 else given[graph])
        )

    quantization = QuantizationOptions(calibration=Calibration(images=images), max_abs_rel_error=0.001)
    validation = Validation.of(running("float", "fp32"), quantization.calibration, kind=DepthKind.METRIC_DEPTH)
    chosen = openvino_int8.best_ranges(
        lambda estimator: estimator, running, validation=validation, options=quantization
    )
    assert chosen == "MINMAX"
    assert 1 not in evenly(12, count=FEW)


def test_what_is_missing_is_named_with_the_remedy(model, calibration, tmp_path) -> None:
    with pytest.raises(HondoError, match=r"add calibration=SOURCE, a folder"):
        openvino_ir.export(model, tmp_path / "a.xml", ExportOptions(precision="int8"))
    with pytest.raises(HondoError, match=r"leave out dynamic=True"):
        quantization = QuantizationOptions(calibration=calibration)
        openvino_ir.export(
            model, tmp_path / "a.xml", ExportOptions(precision="int8", quantization=quantization, dynamic=True)
        )
    assert not list(tmp_path.iterdir())


class Mixed(nn.Module):
    """A norm that no convolution takes in, a linear layer, and a convolution that reads the linear layer's tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.inner = nn.Conv2d(8, 8, 3, padding=1)
        self.linear = nn.Linear(8, 8)
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        normed = self.norm(self.first(image).relu())
        tokens = (normed + nn.functional.gelu(self.inner(normed))).permute(0, 2, 3, 1)
        return self.last((tokens + self.linear(tokens)).permute(0, 3, 1, 2)).sigmoid() + 0.1


def test_with_all_layers_spared_nothing_is_rounded(calibration: Calibration) -> None:
    torch.manual_seed(0)
    mixed = DepthModel(Mixed(), name="mixed", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC).eval()
    mixed.network.norm.running_mean.uniform_(-1, 1)
    program = trace(mixed, size_hw=SPEC.size_hw)
    graph = convert(program, shape=(1, 3, *SPEC.size_hw), num_previous=0)
    fold_constants(graph)
    quantised = with_ranges(graph, calibration, estimator="MINMAX", num_previous=0)
    layers = layers_of(quantised, module_paths(program))
    assert {"network.first", "network.inner", "network.linear", "network.last"} <= layers.keys()
    spared = with_float(quantised, graph, [name for names in layers.values() for name in names])
    image = calibration.at(0)
    wanted, rounded, given = (openvino_int8._run_of(each, "fp32")(image) for each in (graph, quantised, spared))
    np.testing.assert_allclose(given, wanted, atol=1e-6)
    assert np.abs(rounded - wanted).max() > 1e-4


def test_weights_alone_in_a_file_and_in_memory(calibration, tmp_path) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 1, 3, padding=1), nn.Softplus())
    model = DepthModel(network, name="plain", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC).eval()
    path = openvino_ir.export(model, tmp_path / "net.xml", ExportOptions(precision="int8-weights", dynamic=True))
    predictor = hondo.load(path)
    assert predictor.precision == "int8-weights" and 0 < drop(model, predictor.run, calibration) < 0.02
    served = openvino_ir.load(model, LoadOptions(precision="int8-weights"))
    image = next(iter(calibration))
    np.testing.assert_allclose(served.run(image), predictor.run(image), rtol=1e-3)
    assert b"i8" in path.read_bytes()


def test_what_openvino_does_not_do_is_refused_with_the_remedy(model, exported) -> None:
    with pytest.raises(HondoError, match=r"'int8-dynamic' is not offered by openvino.*engine=.onnx"):
        openvino_ir.load(model, LoadOptions(precision="int8-dynamic"))
    with pytest.raises(HondoError, match=r"export a file with precision=.int8"):
        openvino_ir.load(model, LoadOptions(precision="int8"))
    with pytest.raises(HondoError, match=r"exported in int8; export it again with precision=.bf16"):
        hondo.load(exported[0], precision="bf16")
    assert hondo.load(exported[0], precision="int8").precision == "int8"


def test_a_group_normalisation_is_what_it_was_once_it_is_spelled_out() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.GroupNorm(4, 8), nn.ReLU(), nn.Conv2d(8, 1, 1))
    with torch.no_grad():
        network[1].weight.uniform_(0.5, 2)
        network[1].bias.uniform_(-1, 1)
    model = DepthModel(network, name="normed", kind=DepthKind.RELATIVE_INVERSE_DEPTH, input_spec=SPEC).eval()
    graph = convert_model(model, (1, 3, *SPEC.size_hw))
    before = {op.get_type_name() for op in graph.get_ops()}
    decompose_group_norms(graph)
    assert "GroupNormalization" in before - {op.get_type_name() for op in graph.get_ops()}
    image = np.random.default_rng(0).random((1, 3, *SPEC.size_hw), dtype=np.float32)
    with torch.inference_mode():
        wanted = model(torch.from_numpy(image))[0].numpy()
    np.testing.assert_allclose(openvino_int8._run_of(graph, "fp32")(image), wanted, atol=1e-5)


POINTS = {
    "steps over pixels": (nn.Conv2d(32, 64, 1, stride=2, bias=False), nn.Upsample(scale_factor=2)),
    "pads": (nn.Conv2d(32, 64, 1, padding=1), nn.AvgPool2d(3, stride=1)),
}


@pytest.mark.parametrize("kind", POINTS)
def test_points_that_are_no_matrix_product_keep_their_float_weights(calibration: Calibration, kind: str) -> None:
    """As the shortcuts of DPT-Hybrid's encoder and AdaBins' first decoder: OpenVINO could not compile what follows."""
    torch.manual_seed(0)
    point, back = POINTS[kind]
    layers = (nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), point, nn.GroupNorm(32, 64), nn.ReLU(), nn.Conv2d(64, 1, 1))
    network = nn.Sequential(*layers, back)
    model = DepthModel(network, name="points", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC).eval()
    served = openvino_ir.load(model, LoadOptions(precision="int8-weights"))
    for image in calibration.spread(2):
        wanted = model(torch.from_numpy(image))[0].detach().numpy()
        assert 0 < np.abs(served.run(image) - wanted).max() < 0.05 * np.abs(wanted).max()
