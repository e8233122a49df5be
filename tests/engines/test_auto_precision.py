"""precision="auto": fast but wrong, slow but right, and NaN lose; the choice is cached and said in one line."""

import copy
import logging
import time
from types import SimpleNamespace

import numpy as np
import pytest

import hondo
from hondo.engines import auto_precision
from hondo.engines.auto_precision import Measured, fastest_accurate, load_auto_precision
from hondo.engines.base.engine import Engine, LoadOptions, Support
from hondo.engines.base.predictor import NetworkPredictor

OPTIONS = LoadOptions(device="cpu")
SIZE_HW = (32, 64)


@pytest.mark.parametrize(
    ("others", "chosen"),
    [
        ([Measured(precision="bf16", milliseconds=2, abs_rel=0.002)], "bf16"),
        ([Measured(precision="bf16", milliseconds=2, abs_rel=0.02)], "fp32"),
        ([Measured(precision="bf16", milliseconds=2, rank_correlation=0.99)], "fp32"),
        ([Measured(precision="bf16", milliseconds=2, abs_rel=float("inf"), rank_correlation=0)], "fp32"),
        ([Measured(precision="bf16", milliseconds=9.9)], "fp32"),
        ([Measured(precision="bf16", milliseconds=3), Measured(precision="fp16", milliseconds=2)], "fp16"),
        ([], "fp32"),
    ],
    ids=["fast and right", "wrong", "order lost", "not finite", "hardly faster", "the fastest of two", "alone"],
)
def test_the_fastest_accurate_precision_wins(others: list[Measured], chosen: str) -> None:
    assert fastest_accurate([Measured(precision="fp32", milliseconds=10), *others]).precision == chosen


@pytest.fixture
def engine(monkeypatch, tmp_path):
    """An engine whose precisions differ by what is set: seconds a call, and what is done to the map."""
    how = SimpleNamespace(
        seconds={"fp32": 0.01, "bf16": 0.001, "fp16": 0.05}, change={"bf16": lambda x: x * 1.001}, loaded=[], closed=[]
    )

    def load(model, options: LoadOptions) -> NetworkPredictor:
        precision = options.precision
        how.loaded.append(precision)

        def run(image: np.ndarray) -> np.ndarray:
            time.sleep(how.seconds[precision])
            return how.change.get(precision, lambda x: x)(image[:, :1] + np.float32(0.5)).astype(np.float32)

        return NetworkPredictor(
            name="m", kind=model.kind, input_spec=model.input_spec, network=run, engine="quick", precision=precision,
            release=lambda: how.closed.append(precision),
        )  # fmt: skip

    supports = dict.fromkeys(("fp32", "bf16", "fp16"), Support())
    quick = Engine(name="quick", load_function=load, supports=supports, devices=("cpu",))
    monkeypatch.setattr(auto_precision, "ENGINES", {"quick": quick})
    monkeypatch.setenv("HONDO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HONDO_TRIAL", raising=False)
    return how


def load(model) -> NetworkPredictor:
    return load_auto_precision(model, OPTIONS, size_hw=SIZE_HW, engine="quick")


def test_the_choice_is_cached_and_told(engine, tiny_model, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="hondo.engines"):
        assert load(tiny_model).precision == "bf16"
        assert engine.loaded == ["fp32", "bf16", "fp16"] and sorted(engine.closed) == ["fp16", "fp32"]
        assert load(tiny_model).precision == "bf16"
    assert engine.loaded[3:] == ["bf16"], "no second trial"
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == lines[1] and lines[0].startswith("quick bf16:") and 'precision="fp32"' in lines[0]


@pytest.mark.parametrize("change", [lambda x: x * 1.05, lambda x: x * np.float32("nan"), lambda x: x[..., ::-1]])
def test_a_map_that_is_wrong_is_not_taken(engine, tiny_model, change) -> None:
    engine.change["bf16"] = change
    assert load(tiny_model).precision == "fp32"


def test_other_weights_are_another_trial(engine, tiny_model) -> None:
    load(tiny_model)
    other = copy.deepcopy(tiny_model)
    next(other.parameters()).data.add_(1)
    assert load(other).precision == "bf16" and engine.loaded.count("fp32") == 2


def test_a_precision_that_the_processor_lacks_is_passed_over(engine, tiny_model) -> None:
    def refuse(x: np.ndarray) -> np.ndarray:
        raise RuntimeError("no bf16 here")

    engine.change["bf16"] = refuse
    assert load(tiny_model).precision == "fp32"


def test_without_trials_it_is_fp32(engine, tiny_model, monkeypatch) -> None:
    monkeypatch.setenv("HONDO_TRIAL", "0")
    assert load(tiny_model).precision == "fp32" and engine.loaded == ["fp32"]


def test_an_exported_file_keeps_its_precision(tiny_model, tmp_path) -> None:
    pytest.importorskip("openvino")
    from hondo.engines.base.engine import ExportOptions
    from hondo.engines.registry import ENGINES

    path = ENGINES["openvino"].export(tiny_model, tmp_path / "m.xml", ExportOptions(precision="fp16"))
    assert hondo.load(path).precision == hondo.load(path, precision="auto").precision == "fp16"
