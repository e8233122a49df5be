"""The trial behind engine="auto": the fastest wins, it is bounded and remembered, and a broken cache does no harm."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

import hondo
from hondo.core.errors import HondoError
from hondo.engines import autoselect as trial
from hondo.engines.autoselect import candidates, first_that_loads, load_fastest, try_engines
from hondo.engines.base.engine import Engine, LoadOptions, Support
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.registry import ENGINES

OPTIONS = LoadOptions(device="cpu")
SIZE = {"size_hw": (32, 64)}


@pytest.fixture
def made(monkeypatch, tmp_path, tiny_model):
    """Three engines that only sleep; what was loaded and closed is noted."""
    noted = SimpleNamespace(loaded=[], closed=[], sleep={"slow": 0.02, "fast": 0.001, "dear": 0.0}, load_s={})

    def engine(name: str):
        def load(model, options: LoadOptions) -> NetworkPredictor:
            noted.loaded.append(name)
            time.sleep(noted.load_s.get(name, 0))

            def run(image: np.ndarray) -> np.ndarray:
                time.sleep(noted.sleep[name])
                return image[:, :1]

            return NetworkPredictor(
                name="m", kind=model.kind, input_spec=model.input_spec, network=run, engine=name, precision="fp32",
                release=lambda: noted.closed.append(name),
            )  # fmt: skip

        return Engine(name=name, load_function=load, supports={"fp32": Support()}, devices=("cpu",))

    monkeypatch.setattr(trial, "ENGINES", {name: engine(name) for name in noted.sleep})
    monkeypatch.setattr(trial, "candidates", lambda device, precision: tuple(noted.sleep))
    monkeypatch.setenv("HONDO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HONDO_TRIAL", raising=False)
    return noted


def test_the_fastest_serves_the_others_are_closed_and_it_is_remembered(made, tiny_model) -> None:
    del made.sleep["dear"]
    assert load_fastest(tiny_model, OPTIONS, **SIZE).engine == "fast"
    assert made.loaded == ["slow", "fast"] and made.closed == ["slow"]
    assert load_fastest(tiny_model, OPTIONS, **SIZE).engine == "fast"
    assert made.loaded == ["slow", "fast", "fast"]  # no second trial
    load_fastest(tiny_model, OPTIONS, size_hw=(64, 64))
    assert made.loaded[-2:] == ["slow", "fast"]  # another size is another trial


@pytest.mark.parametrize("content", ["", "{", "[]", '{"engine": "gone"}', '{"engine": 3}'])
def test_a_broken_cache_is_ignored(made, tiny_model, tmp_path, content) -> None:
    load_fastest(tiny_model, OPTIONS, **SIZE)
    (stored,) = (tmp_path / "cache" / "trials").glob("*.json")
    stored.write_text(content)
    made.loaded.clear()
    load_fastest(tiny_model, OPTIONS, **SIZE)
    assert "slow" in made.loaded and "fast" in made.loaded  # tried again


def test_a_cache_that_cannot_be_written_does_no_harm(made, tiny_model, tmp_path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert load_fastest(tiny_model, OPTIONS, **SIZE).engine in made.sleep


def test_no_trial_where_none_is_wanted(made, tiny_model, monkeypatch) -> None:
    monkeypatch.setenv("HONDO_TRIAL", "0")
    assert load_fastest(tiny_model, OPTIONS, **SIZE).engine == "slow" and made.loaded == ["slow"]


def test_an_engine_that_would_outlast_the_trial_is_not_begun(made, tiny_model, monkeypatch) -> None:
    made.load_s["slow"] = 0.3  # converting for another engine is expected to take as long
    monkeypatch.setattr(trial, "TRIAL_SECONDS", 0.2)
    tried = try_engines(("slow", "dear"), lambda name: trial.ENGINES[name].load(tiny_model), size_hw=(32, 64))
    assert [one.predictor.engine for one in tried] == ["slow"] and made.loaded == ["slow"]


def test_an_engine_that_refuses_the_model_is_passed_over(tiny_model) -> None:
    def load(name: str) -> NetworkPredictor:
        if name != "torch":
            raise HondoError(f"{name} cannot")
        return ENGINES[name].load(tiny_model)

    assert first_that_loads(("openvino", "torch", "onnx"), load).engine == "torch"
    with pytest.raises(HondoError, match="openvino cannot"):
        first_that_loads(("openvino",), load)


def test_candidates_by_device_and_precision() -> None:
    assert candidates("cuda", precision="fp32") == ("torch",)
    assert candidates("npu", precision="fp16") == ("openvino",)
    assert "onnx" not in candidates("cpu", precision="bf16")
    assert all(name in ENGINES for name in candidates("cpu", precision="fp32"))


def test_a_real_trial_gives_a_predictor_that_works(tiny_model, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HONDO_CACHE", str(tmp_path))
    monkeypatch.delenv("HONDO_TRIAL")
    predictor = hondo.load(tiny_model, precision="fp32")
    assert predictor(np.zeros((48, 96, 3), np.uint8)).values.shape == (48, 96)
    assert len(list((tmp_path / "trials").glob("*.json"))) == (len(candidates("cpu", precision="fp32")) > 1)
