"""A node's time is that of the last call, read from the profile that the session wrote."""

import json
from pathlib import Path

import numpy as np

from hondo.engines.onnx.profile import layer_times


class Session:
    """Writes two calls of one node, and an event that is no node."""

    def __init__(self, prefix: Path) -> None:
        self.path = prefix.with_suffix(".json")

    def get_inputs(self) -> list:
        return [type("Input", (), {"name": "image"})]

    def run(self, _outputs: None, inputs: dict) -> None:
        assert list(inputs) == ["image"]

    def end_profiling(self) -> str:
        node = {"cat": "Node", "name": "/conv_kernel_time", "args": {"op_name": "Conv", "provider": "CPU"}}
        events = [{"cat": "Session", "name": "load", "dur": 9}, node | {"dur": 7000}, node | {"dur": 2500}]
        self.path.write_text(json.dumps(events))
        return str(self.path)


def test_the_last_call_counts() -> None:
    (layer,) = layer_times(Session, np.zeros((1, 3, 4, 4), dtype=np.float32))
    assert (layer.name, layer.kind, layer.kernel, layer.milliseconds) == ("/conv", "Conv", "CPU", 2.5)
