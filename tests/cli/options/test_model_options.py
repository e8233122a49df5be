"""Options about models, shared by several commands."""

import re

import pytest

from hondo.cli.main import main
from hondo.cli.options.model_options import ModelOptions, WeightOptions, model_settings


def test_options_become_the_arguments_of_load() -> None:
    options = ModelOptions(size="32x64", engine="torch", threads=2, option=("num_heads=1",), weights="random")
    settings = model_settings(options)
    assert (settings.size_hw, settings.engine, settings.threads) == ((32, 64), "torch", 2)
    assert settings.options == {"num_heads": 1} and settings.weights == "random"
    assert model_settings(WeightOptions(weights="x.pt")).weights == "x.pt"


@pytest.mark.parametrize("command", ["predict", "evaluate", "bench", "live", "serve", "export"])
def test_help_lists_what_an_option_takes(command, capsys) -> None:
    assert main([command, "--help"]) == 0
    shown = " ".join(re.sub("[│╭╮╰╯─]", " ", capsys.readouterr().out).split())
    assert "fp32, fp16, bf16, int8-dynamic, int8-weights" in shown and "--weights FILE" in shown
    for engine in ("torch", "onnx", "openvino", "aot-inductor", "tensorrt", "executorch"):
        assert re.search(rf"[ ,{{]{engine}[ ,.}}]", shown), engine
