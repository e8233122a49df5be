"""What an engine refuses before its own functions are called. The contract tests cover the engines of the table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.engine import Engine, ExportOptions, LoadOptions, precision_of_file
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
        name="made", precisions=("fp32",), export_precisions=("fp32", "int8"), calibrated=("int8",), suffix=".made",
        devices=("cpu",), load_function=load, export_function=export,
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
    with pytest.raises(HondoError, match="made has no file format; export to another"):
        replace(engine, export_function=None, advice={"export": "export to another"}).export(tiny_model, PATH)
    with pytest.raises(HondoError, match=r"made runs \.made files; export tiny"):
        replace(engine, runs_models=False).load(tiny_model)


def test_a_file_keeps_its_precision() -> None:
    assert precision_of_file("fp32", stored="int8", path=PATH) == precision_of_file("int8", stored="int8", path=PATH)
    with pytest.raises(HondoError, match=r"net\.made was exported in int8; export it again with precision=.fp16"):
        precision_of_file("fp16", stored="int8", path=PATH)
