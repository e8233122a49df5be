"""What every step of compression keeps: an entry is tested by being in the table."""

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
import torch

from hondo.compress.compressor import Tools
from hondo.compress.registry import COMPRESSORS
from hondo.compress.steps import Stage, compress, parse_steps
from hondo.core.errors import HondoError
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.registry import ENGINES
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model

CNN, VIT = "test_resnet", "vit_tiny_patch16_224"
PARENTS = {
    "dpt": ("dpt-fast", {"encoder": f"{CNN}+{VIT}", "hooks": (1, 2), "features": 16, "size_hw": (128, 256)}),
    "depth-anything": (
        "depth-anything-s",
        {"encoder": f"timm:{VIT}", "hooks": (0, 1, 2, 3), "features": 16, "widths": (8, 16, 24, 32),
         "multiple_of": 32, "size_hw": (128, 256)},
    ),
    "cnn": ("monodepth2", {"encoder": f"timm:{CNN}", "size_hw": (64, 64)}),
    "nano": ("hondo-nano-plain", {"size_hw": (64, 64)}),
}  # fmt: skip
# A step for each entry that makes these parents smaller; {} where it depends on the parent.
STEPS = {
    "size": "size=64x64",
    "hooks": {"dpt": "hooks=0,1", "depth-anything": "hooks=0,1,2,3"},
    "heads": "heads=1:norm",
    "attention": "attention=linear",
    "readout": "readout=ignore",
    "width": "width=0.5",
    "encoder": "encoder=test_efficientnet",
    "decoder": "decoder=separable",
    "prune": "prune=taylor:0.4",
    "netadapt": "netadapt=0.85:iterations=1",
    "blocks": "blocks=1",
    "sparse": "sparse=magnitude:0.8",
    "low-rank": "low-rank=0.3",
    "cluster": "cluster=16",
}
GROWS = ("encoder", "depth-anything")  # a CNN in place of patches costs more than so narrow a transformer
# These have nothing to lose there.
SAME_SIZE = {("hooks", "depth-anything"), ("readout", "depth-anything"), ("size", "cnn"), ("size", "nano")}
PACKED = ("cluster", "sparse")  # as many weights, in fewer bytes
IMAGE_HW = (64, 64)
TOOLS = Tools(
    images=[torch.rand(1, 3, *IMAGE_HW, generator=torch.Generator().manual_seed(2))],
    measure=count_parameters,  # a made-up device: as slow as there are weights
    measure_layer=lambda layer, shape: count_parameters(layer),
    device="contract tests",
)


@cache
def parent_of(family: str) -> DepthModel:
    torch.manual_seed(0)
    name, options = PARENTS[family]
    return build_model(name, "random", **options)


def step_of(name: str, family: str) -> str:
    step = STEPS[name]
    return step if isinstance(step, str) else step[family]


def output(model: DepthModel) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.rand(1, 3, *IMAGE_HW, generator=torch.Generator().manual_seed(1)))[0]


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HONDO_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


# Steps that try many layers take seconds: with one convolutional network at first, with the others in `make test-slow`.
LONG = ("prune", "netadapt", "blocks", "sparse", "low-rank", "cluster")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((family, name), id=f"{family}-{name}", marks=pytest.mark.slow if is_long else ())
        for family in PARENTS
        for name in COMPRESSORS
        for is_long in [name in LONG and family != "cnn"]
    ],
)
def result(request: pytest.FixtureRequest) -> tuple[str, str, DepthModel, tuple[Stage, Stage]]:
    family, name = request.param
    model = parent_of(family)
    if not COMPRESSORS[name].applies(model):
        pytest.skip(f"{name} is for other models")
    before = deepcopy(model.state_dict())
    smaller, stages = compress(model, step_of(name, family), tools=TOOLS)
    after = model.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before), "the parent stays as it is"
    return name, family, smaller, stages


def test_it_runs_and_costs_what_is_reported(result: tuple[str, str, DepthModel, tuple[Stage, Stage]]) -> None:
    name, family, model, (before, after) = result
    assert torch.isfinite(output(model)).all() and not model.training
    assert (after.parameters, after.macs) == (count_parameters(model), count_macs(model))
    assert after.kept.total == after.parameters
    if name in PACKED:
        assert after.bytes < before.bytes / 2 and after.macs == before.macs
    elif (name, family) in SAME_SIZE:
        assert (after.parameters, after.macs) == (before.parameters, before.macs)
    elif (name, family) != GROWS:
        assert after.macs < before.macs or after.parameters < before.parameters


def test_a_saved_file_loads_back_equal(result: tuple[str, str, DepthModel, tuple], tmp_path: Path) -> None:
    _, _, model, _ = result
    again = build_model(save_model(model, tmp_path / "m.safetensors", licence="Apache-2.0", training={}))
    assert repr(again) == repr(model) and again.input_spec == model.input_spec and again.packing == model.packing
    weights = model.state_dict()
    assert all(torch.equal(weights[key], each) for key, each in again.state_dict().items()), "bit for bit"
    assert torch.allclose(output(again), output(model), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["onnx", "openvino"])
def test_it_exports(result: tuple[str, str, DepthModel, tuple], engine: str, tmp_path: Path) -> None:
    _, _, model, _ = result
    file = tmp_path / f"m{ENGINES[engine].suffix}"
    ENGINES[engine].export(model, file, ExportOptions(size_hw=IMAGE_HW))
    predictor = ENGINES[engine].load(file, LoadOptions(device="cpu"))
    image = torch.rand(1, 3, *IMAGE_HW)
    with torch.no_grad():
        wanted = model(image)[0]
    assert torch.allclose(torch.from_numpy(predictor.run(image.numpy())), wanted, rtol=1e-3, atol=1e-3)


def test_every_entry_states_an_example_that_parses() -> None:
    for name, entry in COMPRESSORS.items():
        (step, *_) = parse_steps(entry.example.partition(" or ")[0])
        assert step.name == name and entry.summary


def test_steps_that_do_not_apply_name_those_that_do() -> None:
    model = build_model("hondo-nano", "random")
    with pytest.raises(HondoError, match=r"step 'hooks=0,1' does not apply to model 'hondo-nano'; these do: size"):
        compress(model, "hooks=0,1")
