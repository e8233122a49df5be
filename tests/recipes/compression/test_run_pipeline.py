"""Pipelines: every step is logged, a stopped one goes on, int8 files hold their history."""

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.engines.load import load
from hondo.images.read import write_image
from hondo.models.base.weights_file import read_header, save_model
from hondo.models.registry.build_model import build_model
from hondo.recipes.compression import run_pipeline as module
from hondo.recipes.compression.pipeline_steps import parse_pipeline
from hondo.recipes.compression.run_pipeline import run_pipeline
from hondo.recipes.fitting.fit_data import FitData, open_fit_data
from tests.compress.conftest import TINY_HYBRID


@pytest.fixture
def file(tmp_path) -> str:
    torch.manual_seed(0)
    model = build_model("dpt-fast", "random", **TINY_HYBRID)
    return str(save_model(model, tmp_path / "in.safetensors", licence="MIT", training={}))


@pytest.fixture
def data(tmp_path, monkeypatch) -> FitData:
    (tmp_path / "photos").mkdir()
    for number, image in enumerate(np.random.default_rng(0).integers(0, 256, (12, 64, 96, 3), dtype=np.uint8)):
        write_image(tmp_path / "photos" / f"{number}.png", image)
    monkeypatch.setattr("hondo.recipes.fitting.fit_measure.RUNS", 10)
    monkeypatch.setattr(module, "candidates", lambda device, precision: ("torch",))
    return open_fit_data(str(tmp_path / "photos"), size_hw=(64, 96))


@pytest.mark.slow
def test_steps_are_logged_and_a_stopped_pipeline_goes_on(file, data, tmp_path, monkeypatch) -> None:
    out, lines = tmp_path / "out.safetensors", []
    with monkeypatch.context() as patch:

        def stop(*arguments, **options) -> float:
            raise KeyboardInterrupt

        patch.setattr(module, "teach", stop)
        with pytest.raises(KeyboardInterrupt):
            run_pipeline(file, "width=0.5 | distil=2", out, data=data)
    found = run_pipeline(file, "width=0.5 | distil=2", out, data=data, say=lines.append)
    assert any("going on after 'width=0.5'" in line for line in lines)
    before, narrow, learned = found.stages
    assert before.error < 1e-6 < narrow.error and narrow.macs < before.macs and narrow.bytes < before.bytes
    assert learned.error != narrow.error and "loss" in learned.note and "| width=0.5 |" in found.to_markdown()
    history = read_header(out).training["compression"]
    assert [each["step"] for each in history] == ["as it was", "width=0.5", "distil=2"]
    assert not (tmp_path / "out-steps").exists()
    with pytest.raises(HondoError, match="is the model itself"):
        run_pipeline(file, "width=0.5", tmp_path / "in.safetensors", data=data)
    with pytest.raises(HondoError, match=r"ends in int8 writes .xml or .onnx files"):
        run_pipeline(file, "int8", out, data=data)


@pytest.mark.slow
def test_training_in_int8_ends_in_a_file_with_its_history(file, data, tmp_path) -> None:
    found = run_pipeline(file, "qat=2", tmp_path / "out.xml", data=data)
    assert "plain int8 before it" in found.stages[-1].note and found.stages[-1].bytes < 0.6 * found.stages[0].bytes
    with load(found.path) as predictor:
        assert predictor.precision == "int8" and predictor.int8.images


def test_steps() -> None:
    steps = parse_pipeline("size=64x64 | distil | qat=30s | int8")
    assert [str(each) for each in steps] == ["size=64x64", "distil=500", "qat=30s", "int8=0.01"]
    assert steps[1].seconds is None and steps[2].seconds == 30
