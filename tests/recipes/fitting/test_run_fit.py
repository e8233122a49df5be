"""The whole search on a tiny model, and its bad inputs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hondo.cli.main import main
from hondo.core.errors import HondoError
from hondo.core.processor import hardware
from hondo.images.read import write_image
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model
from hondo.recipes.fitting.fit_data import open_fit_data
from hondo.recipes.fitting.fit_measure import Workbench
from hondo.recipes.fitting.fit_results import Result, Variant, Winner
from hondo.recipes.fitting.fit_space import earlier_hooks, space_of
from hondo.recipes.fitting.fit_target import FitTarget
from hondo.recipes.fitting.fit_truth import Truth
from hondo.recipes.fitting.run_fit import fit_model
from tests.compress.conftest import TINY_HYBRID, TINY_PLAIN

TARGET = {"size_hw": (64, 96), "device": "cpu"}


@pytest.fixture
def file(tmp_path) -> str:
    torch.manual_seed(0)
    model = build_model("dpt-fast", "random", **TINY_HYBRID)
    return str(save_model(model, tmp_path / "in.safetensors", licence="MIT", training={}))


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> None:
    """torch alone, few calls."""
    runtimes = (("torch", "fp32"), ("torch", "int8-weights"))
    monkeypatch.setattr("hondo.recipes.fitting.fit_space.runtimes_of", lambda target: runtimes)
    for name in ("fit_measure.RUNS", "fit_winner.RUNS"):
        monkeypatch.setattr(f"hondo.recipes.fitting.{name}", 10)
    for name in ("fit_measure.SECONDS", "fit_winner.SECONDS"):
        monkeypatch.setattr(f"hondo.recipes.fitting.{name}", 0.2)


def test_without_data_a_file_a_plot_a_table_and_a_sentence(file: str, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    arguments = ["fit", file, "--fps", "1", "--size", "64x96", "--device", "cpu", "--out", str(out), "--budget", "20s"]
    assert main(arguments) == 0
    shown = capsys.readouterr()
    assert "as it is" in shown.out and "s left]" in shown.err
    found = json.loads((out / "fit_result.json").read_text())
    assert found["promised_fps"] > 1 and found["sentence"] in shown.out and (out / found["path"]).exists()
    page = (out / "pareto.html").read_text()
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "") and "src=" not in page
    assert (out / "pareto.png").exists() and "64x96, torch fp32" in (out / "report.md").read_text()
    before = (out / "results.jsonl").read_text()
    assert main(arguments) == 0
    assert (out / "results.jsonl").read_text() == before, "what is known is not measured again"
    assert main(["fit", "hondo-nano", *arguments[2:]]) == 2
    assert "holds a search with another model" in capsys.readouterr().err


def test_the_time_is_spent_on_what_may_win(file: str, tmp_path: Path, monkeypatch) -> None:
    """Sizes come before other engines; a far slower engine is tried once; int8 that takes too long is tried again."""
    names = ("fp32", "bf16", "int8")
    runtimes = tuple((engine, each) for engine in ("torch", "onnx") for each in names)
    monkeypatch.setattr("hondo.recipes.fitting.fit_space.runtimes_of", lambda target: runtimes)
    measured: list[Variant] = []

    def measure(self: Workbench, variant: Variant, truth: Truth, **more: str) -> Result:
        measured.append(variant)
        if variant.precision == "int8":
            raise TimeoutError
        area = variant.size_hw[0] * variant.size_hw[1] / (128 * 192)
        latency = 20 * area * (3 if variant.engine == "onnx" else 1)
        return Result(variant=variant, latency_ms=latency, error=0.1 - 0.05 * area, hardware=hardware(), file_mb=1.0)

    def hold(bench: Workbench, order: Sequence[Result], truth: Truth, **more: Any) -> Winner:
        return Winner(result=order[0], path=tmp_path / "model", promised_fps=1.0, again_fps=1.0, missed=("slow",))

    monkeypatch.setattr(Workbench, "measured", measure)
    monkeypatch.setattr("hondo.recipes.fitting.run_fit.first_that_holds", hold)
    said: list[str] = []
    target = FitTarget(fps=1e4, size_hw=(128, 192), device="cpu")
    found = fit_model(file, target, out=tmp_path / "out", budget_s=600, say=said.append)
    tried = [(each.engine, each.precision) for each in measured]
    assert tried[:2] == [("torch", "fp32"), ("torch", "bf16")] and measured[2].size_hw != (128, 192)
    assert ("onnx", "fp32") in tried and ("onnx", "bf16") not in tried
    assert ("torch", "int8") in tried and any("the time did not suffice" in line for line in said)
    assert "int8" not in (tmp_path / "out" / "results.jsonl").read_text() and found.winner.missed


@pytest.mark.slow
def test_a_target_that_nobody_meets(file: str, tmp_path) -> None:
    found = fit_model(file, FitTarget(fps=1e5, max_file_mb=1e-3, **TARGET), out=tmp_path / "out", budget_s=3)
    assert found.winner.missed and "the nearest reachable" in found.sentence and "times as fast" in found.sentence
    assert "M parameters" in found.sentence


@pytest.mark.slow
def test_with_data_variants_learn(file: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("hondo.recipes.fitting.fit_tuning.MOST_STEPS", 2)
    (tmp_path / "photos").mkdir()
    for number, image in enumerate(np.random.default_rng(0).integers(0, 256, (12, 64, 96, 3), dtype=np.uint8)):
        write_image(tmp_path / "photos" / f"{number}.png", image)
    data = open_fit_data(str(tmp_path / "photos"), size_hw=(64, 96))
    assert not data.has_labels and (len(data.train), len(data.validation)) == (10, 2)
    keep = ("size", "encoder", "decoder", "attention", "heads", "hooks")
    found = fit_model(file, FitTarget(fps=1, keep=keep, **TARGET), out=tmp_path / "out", data=data, budget_s=200)
    assert {each.tuned for each in found.results} == {"", "short", "full"}
    assert any(each.weights for each in found.results) and found.winner.path.exists()
    with pytest.raises(HondoError, match="1 images are too few"):
        (tmp_path / "few").mkdir()
        write_image(tmp_path / "few" / "0.png", image)
        open_fit_data(str(tmp_path / "few"), size_hw=(64, 96))


def test_the_space_of_a_model() -> None:
    plain = build_model("depth-anything-s-indoor", "random", **TINY_PLAIN)
    assert earlier_hooks(build_model("dpt-fast", "random", **TINY_HYBRID)) == ()
    assert not space_of(plain, FitTarget(fps=1, size_hw=(64, 96)), trains=False).changes.get("width")
    space = space_of(plain, FitTarget(fps=1, size_hw=(192, 256), keep=("heads",)), trains=True)
    assert (
        space.sizes[0] == (192, 256) and all(each[0] % 32 == 0 for each in space.sizes) and "heads" not in space.changes
    )
    assert space.count == len(space.everything()) == len(set(space.everything()))
    assert "width=0.5" in space.changes["width"] and space.one_by_one()[0] == space.first
    assert space_of(plain, FitTarget(fps=1, keep=("size",)), trains=True).sizes == (plain.input_spec.size_hw,)
