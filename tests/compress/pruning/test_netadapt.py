"""NetAdapt with a made-up device whose layers take as long as their weights are many."""

from dataclasses import replace

import pytest
import torch

from hondo.compress.compressor import Tools
from hondo.compress.pruning.latency_table import LatencyTable, layer_shapes
from hondo.compress.steps import compress
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs, count_parameters


@pytest.fixture
def device(tools: Tools, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Tools:
    monkeypatch.setenv("HONDO_CACHE", str(tmp_path))
    return replace(
        tools,
        retrain=None,
        measure=lambda model: count_parameters(model) / 1e5,
        measure_layer=lambda layer, shape: sum(each.numel() for each in layer.parameters()) / 1e5,
        device="made up",
    )


@pytest.mark.slow
def test_a_share_of_the_latency(cnn: DepthModel, device: Tools) -> None:
    made, stages = compress(cnn, "netadapt=0.6:iterations=2", tools=device)
    assert device.measure(made) <= 0.6 * device.measure(cnn)
    assert count_macs(made) < count_macs(cnn) and "ms on made up" in str(stages[-1].kept)


def test_the_size_of_the_weights_needs_no_device(cnn: DepthModel, tools: Tools) -> None:
    made, stages = compress(cnn, "netadapt=5MB:iterations=1", tools=Tools(images=tools.images))
    assert made is not cnn and stages[-1].bytes <= 5 * 2**20


@pytest.mark.slow
def test_a_budget_out_of_reach_is_said(cnn: DepthModel, device: Tools) -> None:
    _, stages = compress(cnn, "netadapt=0.001ms:iterations=1", tools=device)
    assert "the nearest to 0.001 ms is" in str(stages[-1].kept)


def test_the_table_is_kept(cnn: DepthModel, device: Tools) -> None:
    shapes = layer_shapes(cnn)
    table = LatencyTable(device.measure_layer, device="made up")
    table.total(shapes)
    table.keep()
    again = LatencyTable(device.measure_layer, device="made up")
    assert again.total(shapes) == table.total(shapes) and table.measured > 10 and again.measured == 0
    assert LatencyTable(device.measure_layer, device="another").values == {}


def test_every_shape_builds_a_layer_that_runs(hybrid) -> None:
    for shape in set(layer_shapes(hybrid).values()):
        layer, given = shape.built()
        assert layer(torch.rand(given)).shape[-1] > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [("netadapt=fast", "must be a budget"), ("netadapt=2", "must be a budget"), ("netadapt=0.5", "calibration images")],
)
def test_wrong_text_is_refused(cnn: DepthModel, text: str, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        compress(cnn, text)


def test_milliseconds_need_a_measurement(cnn: DepthModel, tools: Tools) -> None:
    with pytest.raises(HondoError, match="name the engine to measure on"):
        compress(cnn, "netadapt=5ms", tools=tools)
