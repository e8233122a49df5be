"""Training in int8 arithmetic, and files of it that give the same numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hondo.compress.quantization_aware import with_fake_quantization
from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.registry import ENGINES
from hondo.models.registry.build_model import build_model
from hondo.nn.fake_quantize import fake_quantized_layers
from hondo.recipes.compression.qat import QatConfig, QuantizationAware, train_quantized

SIZE = (64, 96)


def photos() -> list[Sample]:
    random = torch.Generator().manual_seed(0)
    return [Sample(image=torch.rand(3, *SIZE, generator=random)) for _ in range(8)]


@pytest.fixture(scope="module")
def trained() -> QuantizationAware:
    torch.manual_seed(0)
    model = build_model("unet-light", "random", size_hw=SIZE)
    spared = tuple(name for name, module in model.named_modules() if isinstance(module, torch.nn.Conv2d))[:1]
    return train_quantized(model, photos(), QatConfig(steps=2), size_hw=SIZE, spared=spared)


def test_layers_round_and_the_spared_do_not(trained: QuantizationAware) -> None:
    layers = fake_quantized_layers(trained.model)
    assert layers and not set(trained.facts.kept) & layers.keys()
    layer = next(iter(layers.values()))
    assert len(layer.rounded_weight()[0].unique()) <= 255 and np.isfinite(trained.loss)
    with pytest.raises(HondoError, match="needs calibration images"):
        with_fake_quantization(trained.model, [])


@pytest.mark.parametrize("engine", ["openvino", "onnx"])
def test_files_give_the_same_numbers(trained: QuantizationAware, engine: str, tmp_path: Path) -> None:
    path = tmp_path / f"m{ENGINES[engine].suffix}"
    history = ({"step": "qat"},)
    options = ExportOptions(size_hw=SIZE, precision="int8", trained_int8=trained.facts, history=history)
    ENGINES[engine].export(trained.model, path, options)
    predictor = ENGINES[engine].load(path, LoadOptions(device="cpu"))
    image = photos()[0].image[None]
    with torch.no_grad():
        wanted = trained.model(image)[0].numpy()
    given = predictor.run(image.numpy())
    assert np.abs(given - wanted).mean() < 2e-2 * np.abs(wanted).mean()
    assert predictor.precision == "int8" and predictor.int8 is not None and predictor.int8.kept == trained.facts.kept
    size = sum(each.stat().st_size for each in tmp_path.iterdir() if each.suffix in (".onnx", ".bin"))
    assert size < 2 * sum(parameter.numel() for parameter in trained.model.parameters())
