"""Every engine of the table: the same map as torch, precisions as declared, plain errors; files say what they are."""

import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError, MissingExtraError
from hondo.core.predictor_protocol import Predictor
from hondo.core.types import DepthKind
from hondo.engines.base.engine import Engine, ExportOptions, LoadOptions
from hondo.engines.base.metadata import cost_of
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.load import engine_of_file
from hondo.engines.registry import ENGINES
from hondo.models.base.depth_model import DepthModel
from tests.engines.conftest import build_tiny_model
from tests.engines.torch.compiled import tiny_package
from tests.engines.torch.conftest import quick_compiler  # noqa: F401  (a fixture)

EXPORTING = ("onnx", "openvino")  # whose files are made in a second
COMPILING = ("torch-compile", "aot-inductor")  # half a minute for each shape and precision
PRECISIONS = [
    pytest.param(name, precision, marks=pytest.mark.slow if name in COMPILING else ())
    for name in ENGINES
    for precision in ENGINES[name].precisions
    if precision != "fp32" and (name not in COMPILING or (name, precision) == ("torch-compile", "bf16"))
]


def available(name: str) -> Engine:
    """The engine of a name; the test is skipped where it cannot run."""
    engine = ENGINES[name]
    if not engine.is_installed():
        pytest.skip(f"{name} is not installed")
    if name in COMPILING and shutil.which("g++") is None:
        pytest.skip("no C++ compiler (g++) is here")
    if engine.devices == ("cuda",) and not torch.cuda.is_available():
        pytest.skip("no NVIDIA GPU is here")
    return engine


@pytest.fixture(scope="module")
def tiny_model() -> DepthModel:
    return build_tiny_model()


@pytest.fixture(params=list(ENGINES))
def engine(request) -> Engine:
    return ENGINES[request.param]


@pytest.fixture(params=EXPORTING)
def exporting(request) -> Engine:
    return available(request.param)


@pytest.fixture(scope="module")
def exported(tiny_model, tmp_path_factory) -> dict[str, Path]:
    """One fixed-size file of each engine."""
    folder = tmp_path_factory.mktemp("exported")
    engines = [ENGINES[name] for name in EXPORTING if ENGINES[name].is_installed()]
    options = ExportOptions(licence="Apache-2.0")
    return {each.name: each.export(tiny_model, folder / f"net{each.suffix}", options) for each in engines}


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((1, 3, 32, 64), dtype=np.float32)


def torch_map(model: DepthModel, image: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return model(torch.from_numpy(image))[0].numpy()


def serve(engine: Engine, model: DepthModel, folder: Path, *, precision: str = "fp32") -> NetworkPredictor:
    """The model on an engine; through a file where the engine runs files only."""
    if engine.runs_models:
        return engine.load(model, LoadOptions(precision=precision))
    return engine.load(engine.export(model, folder / f"net{engine.suffix}", ExportOptions(precision=precision)))


@pytest.mark.usefixtures("quick_compiler")
@pytest.mark.parametrize("name", ENGINES)
def test_it_gives_torchs_map(name, tiny_model, image, tmp_path) -> None:
    engine = available(name)
    compiled = engine.load(tiny_package()) if name == "aot-inductor" else None
    predictor = compiled or serve(engine, tiny_model, tmp_path)
    assert isinstance(predictor, Predictor) and (predictor.engine, predictor.precision) == (name, "fp32")
    np.testing.assert_allclose(predictor.run(image), torch_map(tiny_model, image), atol=1e-5)
    if engine.runs_models and name not in COMPILING:  # at any size and batch
        other = image[:, :, :16].repeat(2, axis=0)
        np.testing.assert_allclose(predictor.run(other), torch_map(tiny_model, other), atol=1e-5)


@pytest.mark.usefixtures("quick_compiler")
@pytest.mark.parametrize(("name", "precision"), PRECISIONS)
def test_every_declared_precision_is_close(name, precision, tiny_model, image, tmp_path) -> None:
    if precision == "int8-weights" and name == "openvino":
        pytest.importorskip("nncf")
    predictor = serve(available(name), tiny_model, tmp_path, precision=precision)
    given = predictor.run(image)
    assert given.dtype == np.float32 and predictor.precision == precision
    np.testing.assert_allclose(given, torch_map(tiny_model, image), rtol=0.05)


def test_its_facts_agree_with_each_other(engine, tmp_path) -> None:
    assert ENGINES[engine.name] is engine and engine.precisions[0] == "fp32" and engine.devices
    assert bool(engine.suffix) == (engine.export_function is not None) == bool(engine.export_precisions)
    assert set(engine.calibrated) <= set(engine.export_precisions)
    assert set(engine.interchangeable) <= set(engine.export_precisions)
    for support in engine.supports.values():
        assert set(support.devices) <= set(engine.devices) and (support.runs or support.exports)
    if engine.suffix:
        assert engine_of_file(tmp_path / f"net{engine.suffix}") is engine
    assert engine.extra or not (engine.packages or engine.model_packages)


def test_an_unknown_precision_names_the_allowed_ones(engine, tiny_model, tmp_path) -> None:
    source = tiny_model if engine.runs_models else tmp_path / f"net{engine.suffix}"
    with pytest.raises(HondoError, match=r"precision 'int3' is not offered by .*fp32"):
        engine.load(source, LoadOptions(precision="int3"))
    for precision in {"fp16", "bf16", "int8-dynamic"} - set(engine.precisions) - set(engine.export_precisions):
        with pytest.raises(HondoError, match=rf"precision '{precision}'.*fp32"):
            engine.load(source, LoadOptions(precision=precision))
    if engine.suffix:
        with pytest.raises(HondoError, match=r"precision 'int3' is not offered by .*fp32"):
            engine.export(tiny_model, tmp_path / f"net{engine.suffix}", ExportOptions(precision="int3"))


def test_an_unknown_device_names_the_allowed_ones(engine, tiny_model, tmp_path) -> None:
    source = tiny_model if engine.runs_models else tmp_path / f"net{engine.suffix}"
    with pytest.raises(HondoError, match=f"device 'abacus' is unknown.*{engine.devices[0]}"):
        engine.load(source, LoadOptions(device="abacus"))


def test_a_device_that_lacks_a_precision_names_those_that_it_has(engine, tiny_model) -> None:
    for precision in engine.precisions:
        limited = engine.supports[precision].devices
        for device in set(engine.devices) - set(limited or engine.devices):
            with pytest.raises(
                HondoError, match=rf"'{precision}' of .* runs on .*, not on {device}; choose one of: \w"
            ):
                engine.load(tiny_model, LoadOptions(device=device, precision=precision))


def test_a_missing_package_is_named_with_the_extra(engine, tiny_model, tmp_path) -> None:
    without = replace(engine, packages=("no_such_package",), extra="some-extra")
    calls: list[Callable] = [lambda: without.load(tmp_path / f"net{engine.suffix}")]
    if engine.suffix:
        calls.append(lambda: without.export(tiny_model, tmp_path / f"net{engine.suffix}"))
    assert not without.is_installed()
    for call in calls:
        with pytest.raises(MissingExtraError, match=r"no_such_package is not installed.*hondo\[some-extra\]"):
            call()


def test_calibration_images_are_asked_for_where_they_are_needed(engine, tiny_model, tmp_path) -> None:
    if "int8" not in engine.calibrated:
        return
    path = tmp_path / f"net{engine.suffix}"
    with pytest.raises(HondoError, match="'int8' needs calibration images"):
        engine.export(tiny_model, path, ExportOptions(precision="int8"))
    with pytest.raises(HondoError, match="'int8' needs calibration images"):
        engine.load(tiny_model, LoadOptions(precision="int8"))


def test_the_map_is_the_callers_own(exporting, exported, image) -> None:
    predictor = exporting.load(exported[exporting.name])
    first = predictor.run(image)
    kept = first.copy()
    predictor.run(1 - image)
    np.testing.assert_array_equal(first, kept)


def test_a_model_changed_after_loading_does_not_change_the_exported_graph(exporting, tiny_model, image) -> None:
    model = deepcopy(tiny_model)
    predictor = exporting.load(model)
    with torch.no_grad():
        model.network.out.bias += 3
    np.testing.assert_allclose(predictor.run(image), torch_map(tiny_model, image), atol=1e-5)


def test_a_file_tells_all_about_itself(exporting, tiny_model, image, exported) -> None:
    path = exported[exporting.name]
    predictor = exporting.load(path)
    assert (predictor.name, predictor.kind) == ("tiny", DepthKind.SCALED_INVERSE_DEPTH)
    assert predictor.input_spec.fixed and predictor.input_spec.size_hw == (32, 64)
    assert predictor.input_spec.mean == (0, 0, 0)  # normalisation is inside
    assert predictor.weights_file == path
    assert predictor.cost == cost_of(tiny_model, size_hw=(32, 64)) and predictor.cost.macs > 0
    np.testing.assert_allclose(predictor.run(image), torch_map(tiny_model, image), atol=1e-5)
    assert b"Apache-2.0" in path.read_bytes()


def test_a_fixed_file_refuses_another_size_with_the_remedy(exporting, image, exported) -> None:
    predictor = exporting.load(exported[exporting.name])
    with pytest.raises(HondoError, match=r"1x3x32x64, not 1x3x16x64.*dynamic=True"):
        predictor.run(image[:, :, :16])


def test_a_file_of_a_batch_runs_images_together(exporting, tiny_model, tmp_path) -> None:
    path = exporting.export(tiny_model, tmp_path / f"net{exporting.suffix}", ExportOptions(batch=2))
    predictor = exporting.load(path)
    assert predictor.batch == 2 and predictor.input_spec.fixed
    images = np.random.default_rng(0).random((3, 3, 32, 64), dtype=np.float32)
    for shown in (images[:1], images[:2]):
        np.testing.assert_allclose(predictor.run(shown), torch_map(tiny_model, shown), atol=1e-5)
    queue = predictor.queue()
    waiting = [queue.submit(image[None]) for image in images]
    given = np.concatenate([wait() for wait in waiting])
    queue.close()
    np.testing.assert_allclose(given, torch_map(tiny_model, images), atol=1e-5)
    with pytest.raises(HondoError, match=r"exported for a batch of 2, not 3; export it with batch=3"):
        predictor.run(images)


def test_a_dynamic_file_takes_any_size(exporting, tiny_model, image, tmp_path) -> None:
    predictor = exporting.load(
        exporting.export(tiny_model, tmp_path / f"net{exporting.suffix}", ExportOptions(dynamic=True))
    )
    assert not predictor.input_spec.fixed
    for shown in (image, image[:, :, :16], np.concatenate([image, image])):
        np.testing.assert_allclose(predictor.run(shown), torch_map(tiny_model, shown), atol=1e-5)
    with pytest.raises(HondoError, match=r"multiples of 16, not 40x64: the nearest are 32x64 and 48x64"):
        predictor.run(np.zeros((1, 3, 40, 64), np.float32))
    assert predictor(np.zeros((41, 67, 3), np.uint8)).values.shape == (41, 67)


def test_a_damaged_file_is_refused(exporting, exported, tmp_path) -> None:
    path = tmp_path / exported[exporting.name].name
    path.write_bytes(exported[exporting.name].read_bytes()[:100])
    path.with_suffix(".bin").touch()
    with pytest.raises(HondoError, match=str(path)):
        exporting.load(path)
