"""int8 in PyTorch: close to float for every family, one file that loads again, plain refusals."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.load import load
from hondo.engines.quantization.calibration import Calibration, QuantizationOptions
from hondo.engines.torch.engine import ENGINE as pytorch
from hondo.engines.torch.int8 import quantizable_layers, weight_layers, with_int8_linears, with_int8_weights
from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.build_model import build_model
from hondo.nn.int8_layers import Int8Linear, from_int8, to_int8
from tests.contracts.tiny import TINY

INT8 = ("int8-weights", "int8-dynamic")
FAMILIES = ["dpt-hybrid-kitti", "dpt-thesis", "adabins-kitti", "vtdepth-b0", "fastdepth", "manydepth", "hondo-small"]


class Tokens(nn.Module):
    """Patches of 16 pixels, two linear layers of which one is large, a map of the patches."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 256, 16, stride=16)
        self.large = nn.Linear(256, 256)
        self.small = nn.Linear(256, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        tokens = self.patches(image).permute(0, 2, 3, 1)
        return 1 + torch.sigmoid(self.small(torch.relu(self.large(tokens)))).permute(0, 3, 1, 2)


@pytest.fixture(scope="module")
def model() -> DepthModel:
    torch.manual_seed(0)
    spec = InputSpec(size_hw=(64, 96), multiple_of=16)
    return DepthModel(Tokens(), name="tokens", kind=DepthKind.METRIC_DEPTH, input_spec=spec).eval()


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_keeps_its_depth(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hondo.engines.torch.int8.MIN_CHANNELS", 1)  # tiny members have small matrices only
    torch.manual_seed(0)
    network = build_model(name, weights=None if name == "hondo-small" else "random", **TINY.get(name, {}))
    if name.startswith("dpt"):  # its last ReLU gives zeros for random weights
        [each for each in network.modules() if isinstance(each, nn.Conv2d)][-1].bias.data += 1
    image = np.random.default_rng(0).random((1, 3, *network.input_spec.size_hw), dtype=np.float32)[..., :192, :192]
    wanted = pytorch.load(network, LoadOptions(device="cpu")).run(image)
    for precision in INT8:
        error = pytorch.load(network, LoadOptions(device="cpu", precision=precision)).run(image) - wanted
        assert error.std() < 0.1 * wanted.std(), precision
        assert error.std() > 0 or not (precision == "int8-weights" or has_matrices(network)), precision


def has_matrices(network: nn.Module) -> bool:
    return any(type(module) is nn.Linear for module in network.modules())


def test_only_the_large_matrix_is_multiplied_in_int8(model: DepthModel) -> None:
    small = with_int8_linears(model)
    assert [name for name, module in small.named_modules() if isinstance(module, Int8Linear)] == ["network.large"]
    image = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        assert not torch.equal(small(image)[0], model(image)[0])
        torch.testing.assert_close(small(image)[0], model(image)[0], rtol=0.01, atol=0)


def test_the_model_itself_is_left_alone(model: DepthModel) -> None:
    before = copy.deepcopy(model.state_dict())
    for precision in INT8:
        pytorch.load(model, LoadOptions(device="cpu", precision=precision))
    assert all(torch.equal(tensor, before[key]) for key, tensor in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_every_layers_weight_is_rounded_and_nothing_else(model: DepthModel) -> None:
    assert weight_layers(model) == ("network.patches", "network.large", "network.small")
    for key, tensor in with_int8_weights(model).state_dict().items():
        own = model.state_dict()[key]
        assert torch.equal(tensor, from_int8(*to_int8(own)) if key.endswith("weight") else own)


def test_an_exported_file_loads_as_what_was_exported(tmp_path: Path) -> None:
    network = build_model("hondo-nano")
    path = pytorch.export(
        network, tmp_path / "n.safetensors", ExportOptions(precision="int8-weights", licence="Apache-2.0")
    )
    full = pytorch.export(network, tmp_path / "full.safetensors")
    assert path.stat().st_size < 0.4 * full.stat().st_size
    image = np.random.default_rng(0).random((1, 3, 64, 96), dtype=np.float32)
    rounded = pytorch.load(network, LoadOptions(device="cpu", precision="int8-weights")).run(image)
    again = pytorch.load(path, LoadOptions(device="cpu"))
    assert again.precision == "int8-weights" and pytorch.load(full, LoadOptions(device="cpu")).precision == "fp32"
    np.testing.assert_array_equal(again.run(image), rounded)
    np.testing.assert_array_equal(load(path, engine="torch", device="cpu").run(image), rounded)


class OneLoudWeight(nn.Module):
    """Depth from the small weights of a channel that has one a thousand times as large, which meets zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.plain = nn.Conv2d(3, 8, 3, padding=1)
        self.loses = nn.Conv2d(8, 8, 1)
        self.last = nn.Conv2d(8, 1, 1)
        with torch.no_grad():
            self.plain.weight[0], self.plain.bias[0] = 0, 0
            self.loses.weight[:, 0] = 1000
            self.last.weight.abs_()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return 0.1 + self.last(self.loses(self.plain(image).relu()).relu()).abs()


def test_the_layer_that_rounding_ruins_stays_in_float(tmp_path: Path) -> None:
    torch.manual_seed(0)
    spec = InputSpec(size_hw=(32, 48), multiple_of=16)
    loud = DepthModel(OneLoudWeight(), name="loud", kind=DepthKind.METRIC_DEPTH, input_spec=spec).eval()
    coarse = np.random.default_rng(0).integers(0, 256, (16, 3, 8, 12), dtype=np.uint8)
    calibration = Calibration(images=coarse.repeat(4, axis=2).repeat(4, axis=3))
    quantization = QuantizationOptions(calibration=calibration, max_abs_rel_error=0.01)
    before = copy.deepcopy(loud.state_dict())
    assert quantizable_layers(loud, quantization) == ("network.plain", "network.last")
    assert all(torch.equal(tensor, before[key]) for key, tensor in loud.state_dict().items())
    assert quantizable_layers(loud, None) == ("network.plain", "network.loses", "network.last")
    stored = load_file(
        pytorch.export(
            loud, tmp_path / "l.safetensors", ExportOptions(precision="int8-weights", quantization=quantization)
        )
    )
    assert [key for key, tensor in stored.items() if tensor.dtype == torch.float32 and key.endswith(".weight")] == [
        "network.loses.weight"
    ]


def test_static_int8_names_the_engines_that_have_it(model: DepthModel, tmp_path: Path) -> None:
    for act in (
        lambda: pytorch.load(model, LoadOptions(precision="int8")),
        lambda: pytorch.export(model, tmp_path / "x.safetensors", ExportOptions(precision="int8")),
    ):
        with pytest.raises(HondoError, match=r"'int8' is not offered by torch.*calibration images export to openvino"):
            act()


def test_int8_products_stay_on_the_cpu(model: DepthModel) -> None:
    with pytest.raises(HondoError, match="'int8-dynamic' of engine torch runs on the CPU, not on mps"):
        pytorch.load(model, LoadOptions(device="mps", precision="int8-dynamic"))
