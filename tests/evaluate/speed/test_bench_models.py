"""What bench_models takes as a model."""

import pytest

from hondo.engines.load import ModelSettings
from hondo.evaluate.speed.bench_models import bench_config, bench_models, split_model


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a@openvino:bf16", ("a", "openvino", "bf16")),
        ("a@torch", ("a", "torch", None)),
        ("runs@home/x.onnx", ("runs@home/x.onnx", None, None)),
        ("plain", ("plain", None, None)),
    ],
)
def test_an_engine_may_follow_the_model(text, parts) -> None:
    assert split_model(text) == parts


def test_a_model_without_weights_is_timed_with_random_ones_which_is_told() -> None:
    config = bench_config(protocol=None, size_hw=(32, 64), image_hw=None, batch=1, warmup=1, runs=10)
    speed = bench_models(["unet-light@torch"], settings=ModelSettings(), config=config, peak=False)
    assert speed.results[0].model == "unet-light"
    assert "unet-light@torch: random weights" in "\n".join(speed.report().notes)
