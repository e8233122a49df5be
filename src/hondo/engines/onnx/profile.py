"""What each node of an ONNX graph takes. ONNX Runtime names a node's provider, not the kernel within it."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from jaxtyping import Float

from hondo.engines.base.layer_times import LayerTime

OpenSession = Callable[[Path], Any]  # a file's prefix -> an onnxruntime.InferenceSession that writes its profile there


def layer_times(open_session: OpenSession, *inputs: Float[np.ndarray, "..."]) -> tuple[LayerTime, ...]:
    """The nodes of a graph as they ran in the second of two calls."""
    with TemporaryDirectory() as folder:
        session = open_session(Path(folder) / "profile")
        names = [each.name for each in session.get_inputs()]
        for _ in range(2):
            session.run(None, dict(zip(names, inputs, strict=True)))
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    last: dict[str, LayerTime] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            name = event["name"].removesuffix("_kernel_time")
            last[name] = LayerTime(
                name=name,
                kind=event["args"]["op_name"],
                kernel=event["args"]["provider"],
                milliseconds=event["dur"] / 1000,
            )
    return tuple(last.values())
