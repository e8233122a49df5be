"""A model is converted at most once for each size, not at all where an earlier start kept its graph, and quietly."""

import logging
import os
from contextlib import nullcontext

import numpy as np
import pytest

pytest.importorskip("openvino")

from openvino.frontend.pytorch.fx_decoder import TorchFXPythonDecoder

import hondo
from hondo.core.errors import HondoError
from hondo.engines.openvino import graph as module
from hondo.engines.openvino.graph import convert_model, graphs_of_model
from hondo.engines.openvino.runtime import compile_graph, runner
from hondo.models.base.depth_model import DepthModel

SHAPE = (1, 3, 32, 64)


def depth_of(graph) -> np.ndarray:
    image = np.random.default_rng(0).random(SHAPE, dtype=np.float32)
    return runner(compile_graph(graph, "CPU", {}))(image)


def test_the_next_start_finds_the_graph_and_other_weights_do_not(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HONDO_CACHE", str(tmp_path))
    conversions = []
    convert = module.convert_model
    monkeypatch.setattr(module, "convert_model", lambda *given: conversions.append(given[1]) or convert(*given))
    model = hondo.build_model("unet-light", weights="random", size_hw=SHAPE[2:])
    assert isinstance(model, DepthModel)
    first = depth_of(graphs_of_model(model)(SHAPE))
    np.testing.assert_allclose(depth_of(graphs_of_model(model)(SHAPE)), first, rtol=1e-5)  # threads split sums anew
    assert conversions == [SHAPE]
    next(model.parameters()).data.mul_(2)
    assert not np.allclose(depth_of(graphs_of_model(model)(SHAPE)), first)
    assert conversions == [SHAPE, SHAPE]


@pytest.mark.parametrize("before", [None, "false"])
def test_a_conversion_is_reported_to_nobody(tiny_model, monkeypatch, before: str | None) -> None:
    telemetry = pytest.importorskip("openvino_telemetry")
    sent: list[object] = []
    monkeypatch.setattr("openvino_telemetry.utils.sender.TelemetrySender.send", lambda *given: sent.append(given))
    monkeypatch.delenv("CI", raising=False)
    if before is not None:
        monkeypatch.setenv("CI", before)
    monkeypatch.setattr(telemetry.Telemetry, "_SingletonMetaClass__single_instance", None)
    convert_model(tiny_model, SHAPE)
    assert not sent and os.environ.get("CI") == before


@pytest.mark.parametrize("fails", [False, True])
def test_the_root_logger_stays_as_it_is_and_takes_handlers_meanwhile(tiny_model, monkeypatch, fails: bool) -> None:
    root, added, read = logging.getLogger(), logging.NullHandler(), TorchFXPythonDecoder.from_exported_program

    def read_meanwhile(*given):
        root.addHandler(added)  # as another thread may at any time
        if fails:
            raise RuntimeError("an operation that OpenVINO lacks")
        return read(*given)

    monkeypatch.setattr(TorchFXPythonDecoder, "from_exported_program", read_meanwhile)
    level, filters, handlers = root.level, root.filters[:], root.handlers[:]
    try:
        with pytest.raises(HondoError, match="OpenVINO lacks") if fails else nullcontext():
            convert_model(tiny_model, (1, 3, 32, 64))
        assert (root.level, root.filters, root.handlers) == (level, filters, [*handlers, added])
    finally:
        root.removeHandler(added)
        root.setLevel(level)
