"""From a model's name to a compressed file."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.engines.load import ModelSettings
from hondo.models.base.weights_file import read_header, save_model
from hondo.models.registry.build_model import build_model
from hondo.recipes.compression.compress_file import compress_file, with_data
from hondo.recipes.tiny_recipes import dpt_kitti_tiny
from hondo.recipes.video_recipes import distil
from hondo.train.loop.loop_config import OptimConfig
from hondo.train.objectives.objective_config import DistillationConfig
from tests.compress.conftest import TINY_HYBRID


@pytest.fixture
def file(tmp_path):
    torch.manual_seed(0)
    model = build_model("dpt-fast", "random", **TINY_HYBRID)
    return save_model(model, tmp_path / "in.safetensors", licence="MIT", training={"recipe": "mine"})


def test_the_file_holds_its_history_and_loads(file, tmp_path) -> None:
    first = compress_file(str(file), "heads=1 | width=0.5", tmp_path / "a")
    assert first.path == tmp_path / "a.safetensors" and "| heads=1 |" in first.to_markdown()
    second = compress_file(str(first.path), "size=64x64", tmp_path / "b.safetensors")
    header = read_header(second.path)
    assert header.training["recipe"] == "mine" and "MIT" in header.licence
    steps = [stage["step"] for stage in header.training["compression"]]
    assert steps == ["as it was", "heads=1", "width=0.5", "as it was", "size=64x64"]
    assert build_model(second.path).options["features"] == 4


def test_recovery_learns_from_the_model_as_it_was(file, tmp_path, tiny) -> None:
    written = compress_file(str(file), "width=0.5", tmp_path / "a", finetune=tiny)
    assert written.stages[-1].step == "finetune=tiny, 1 steps"
    header = read_header(written.path)
    assert header.training["finetune"]["steps"] == 1 and header.input_spec.size_hw == (64, 96)


@pytest.mark.slow
def test_recovery_brings_the_maps_back_to_those_of_the_teacher(file, tmp_path, tiny) -> None:
    recipe = replace(tiny, objective=DistillationConfig(), optim=OptimConfig(lr=3e-3, max_steps=40))
    cut = compress_file(str(file), "width=0.5", tmp_path / "cut")
    recovered = compress_file(str(file), "width=0.5", tmp_path / "recovered", finetune=recipe)
    image = F.interpolate(torch.rand(2, 3, 32, 32), size=(64, 96), mode="bilinear")  # like those of the recipe

    def logarithms(path) -> torch.Tensor:
        with torch.inference_mode():
            return build_model(path)(image)[0].log()

    before, after = ((logarithms(each.path) - logarithms(file)).abs().mean() for each in (cut, recovered))
    assert after < before / 2


def test_a_name_with_options_writes_its_teacher(tmp_path, tiny) -> None:
    settings = ModelSettings(weights="random", options=TINY_HYBRID)
    written = compress_file("dpt-fast", "readout=ignore", tmp_path / "a", settings=settings, finetune=tiny)
    assert (tmp_path / "a-teacher.safetensors").exists() and written.path.exists()


def test_latency_before_and_after(file, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("hondo.recipes.compression.compress_file.RUNS", 1)
    shown = compress_file(str(file), "width=0.5", tmp_path / "a", bench_engine="torch").to_markdown()
    assert "latency ratio the compressed one / the model as it was" in shown and "engine torch" in shown


def test_the_input_is_never_overwritten(file, tmp_path) -> None:
    with pytest.raises(HondoError, match="is the model itself"):
        compress_file(str(file), "heads=1", file)
    with pytest.raises(HondoError, match=r"writes .safetensors files"):
        compress_file(str(file), "heads=1", tmp_path / "a.onnx")
    with pytest.raises(HondoError, match="unknown engine 'fast'"):
        compress_file(str(file), "heads=1", tmp_path / "a", bench_engine="fast")
    assert not (tmp_path / "a.safetensors").exists()


def test_data_of_a_recipe() -> None:
    assert (
        with_data(distil(), "there", steps=3).data.root == "there"
        and with_data(distil(), None, steps=3).optim.max_steps == 3
    )
    with pytest.raises(HondoError, match="makes its own data"):
        with_data(dpt_kitti_tiny(), "there")
