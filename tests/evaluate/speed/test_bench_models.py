"""What bench_models takes as a model."""

import pytest

from hondo.evaluate.speed.bench_models import split_model


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
