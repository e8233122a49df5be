"""The graph of a model is converted at most once for each size, and not at all where an earlier start kept it."""

import numpy as np
import pytest

pytest.importorskip("openvino")

import hondo
from hondo.engines.openvino import graph as module
from hondo.engines.openvino.graph import graphs_of_model
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
    np.testing.assert_array_equal(depth_of(graphs_of_model(model)(SHAPE)), first)
    assert conversions == [SHAPE]
    next(model.parameters()).data.mul_(2)
    assert not np.allclose(depth_of(graphs_of_model(model)(SHAPE)), first)
    assert conversions == [SHAPE, SHAPE]
