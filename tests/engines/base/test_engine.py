"""What an engine refuses before its own functions are called. The contract tests cover the engines of the table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.engine import Engine, ExportOptions, LoadOptions, Support, Use
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.quantization.calibration import Calibration, QuantizationOptions
from hondo.models.base.depth_model import DepthModel

PATH = Path("net.made")
IMAGES = QuantizationOptions(calibration=Calibration(images=np.zeros((8, 3, 2, 2), np.uint8)))


CALLS: list[tuple] = []


def export(model: DepthModel, path: Path, options: ExportOptions) -> Path:
    CALLS.append((model, path, options))
    return path


def load(source: DepthModel | Path, options: LoadOptions) -> NetworkPredictor:
    CALLS.append((source, options))
    spec = InputSpec(size_hw=(32, 64), multiple_of=16)
    return NetworkPredictor(
        name="m", kind=DepthKind.METRIC_DEPTH, input_spec=spec, network=lambda image: image[:, :1], engine="made",
        precision="fp32",
    )  # fmt: skip


@pytest.fixture
def engine() -> Engine:
    CALLS.clear()
    return Engine(
        name="made", supports={"fp32": Support(), "int8": Support(runs=False, images="required")}, suffix=".made",
        devices=("cpu", "npu"), load_function=load, export_function=export,
    )  # fmt: skip


def test_its_functions_get_what_was_given(engine, tiny_model) -> None:
    exporting, loading = ExportOptions(precision="int8", quantization=IMAGES), LoadOptions(precision="int8")
    assert engine.export(tiny_model, PATH, exporting) == PATH
    engine.load(PATH, loading)
    assert [(tiny_model, PATH, exporting), (PATH, loading)] == CALLS


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ExportOptions(precision="int8"), "'int8' needs calibration images"),
        (ExportOptions(precision="int8", quantization=IMAGES, dynamic=True), "one size; leave out dynamic=True"),
        (ExportOptions(precision="int8", quantization=IMAGES, batch=2), "image by image; leave out batch=2"),
        (ExportOptions(batch=0), "batch 0 must be at least 1"),
        (ExportOptions(batch=2, dynamic=True), r"net\.made: a file of any size takes any batch; leave out batch=2"),
        (ExportOptions(quantization=IMAGES), "uses no calibration images for precision 'fp32'"),
        (ExportOptions(precision="bf16"), "'bf16' is not offered by made; choose one of: fp32, int8; use another"),
    ],
)
def test_wrong_options_are_refused(engine, tiny_model, options, message) -> None:
    with pytest.raises(HondoError, match=message):
        replace(engine, advice={"bf16": "use another"}).export(tiny_model, PATH, options)


def test_what_it_cannot_do_at_all_is_refused(engine, tiny_model) -> None:
    with pytest.raises(HondoError, match=r"net\.made: made files have one input size"):
        replace(engine, exports_dynamic=False).export(tiny_model, PATH, ExportOptions(dynamic=True))
    with pytest.raises(HondoError, match=r"net\.made: a \.made file takes any batch; leave out batch=2"):
        replace(engine, exports_batch=False).export(tiny_model, PATH, ExportOptions(batch=2))
    with pytest.raises(HondoError, match="made has no file format; export to another"):
        replace(engine, export_function=None, advice={"export": "export to another"}).export(tiny_model, PATH)
    with pytest.raises(HondoError, match=r"made runs \.made files; export tiny"):
        replace(engine, runs_models=False).load(tiny_model)


def test_a_model_of_one_size_has_no_file_of_any(engine) -> None:
    spec = InputSpec(size_hw=(32, 64), fixed=True)
    model = DepthModel(nn.Identity(), name="fixed", kind=DepthKind.METRIC_DEPTH, input_spec=spec)
    with pytest.raises(HondoError, match="fixed was built for 32x64 images only; leave out dynamic=True"):
        engine.export(model, PATH, ExportOptions(dynamic=True))


def test_a_file_keeps_its_precision(engine) -> None:
    engine = replace(engine, supports=engine.supports | {"fp16": Support()})
    for asked in ("fp32", "int8"):
        assert engine.precision_of_file(LoadOptions(precision=asked), stored="int8", path=PATH) == "int8"
    with pytest.raises(HondoError, match=r"net\.made was exported in int8; export it again with precision=.fp16"):
        engine.precision_of_file(LoadOptions(precision="fp16"), stored="int8", path=PATH)


def test_files_in_interchangeable_precisions_run_in_each(engine) -> None:
    supports = {"fp32": Support(), "fp16": Support(), "int8": Support()}
    engine = replace(engine, supports=supports, interchangeable=("fp32", "fp16"))
    assert engine.precision_of_file(LoadOptions(precision="fp16"), stored="fp32", path=PATH) == "fp16"
    assert engine.precision_of_file(LoadOptions(), stored="fp16", path=PATH) == "fp16"
    with pytest.raises(HondoError, match=r"exported in fp32; export it again with precision=.int8"):
        engine.precision_of_file(LoadOptions(precision="int8"), stored="fp32", path=PATH)


def test_what_a_device_does_not_compute_in_is_refused_before_the_engine_is_called(engine, tiny_model) -> None:
    engine = replace(engine, supports={"fp32": Support(devices=("cpu",)), "fp16": Support()}, auto_device=lambda: "npu")
    for device in ("npu", "NPU.1", "auto"):
        with pytest.raises(
            HondoError, match="'fp32' of engine made runs on the CPU, not on npu; choose one of: fp16"
        ) as caught:
            engine.load(tiny_model, LoadOptions(device=device))
        assert caught.value.field == "precision" and not CALLS
        engine.load(PATH, LoadOptions(device=device))  # it may be in fp16
        assert engine.precision_of_file(LoadOptions(device=device), stored="fp16", path=PATH) == "fp16"
        with pytest.raises(HondoError, match="'fp32' of engine made runs on the CPU, not on npu"):
            engine.precision_of_file(LoadOptions(device=device), stored="fp32", path=PATH)
        CALLS.clear()
    engine.load(tiny_model, LoadOptions(device="cpu"))


@pytest.mark.parametrize("exports", [False, True])
def test_whether_it_does_something_can_be_asked(engine, exports) -> None:
    assert not engine.refusal(Use(precision="fp32", exports=exports))
    assert "'bf16' is not offered by made" in engine.refusal(Use(precision="bf16", exports=exports))
