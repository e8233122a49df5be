"""A compiled graph as a NetworkPredictor: what its header says, and how it is called."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hondo.engines.frames import alone
from hondo.engines.header import ExportHeader
from hondo.engines.many import InferQueue
from hondo.engines.predictor import NetworkPredictor
from hondo.engines.shapes import Call, fixed_shape
from hondo.models.depth import DepthModel


def served(
    call: Call,
    header: ExportHeader,
    *,
    source: DepthModel | Path,
    engine: str,
    device: str,
    open_queue: Callable[[], InferQueue] | None = None,
) -> NetworkPredictor:
    """``call`` takes what the graph takes. A file of one size refuses any other."""
    file, spec = source if isinstance(source, Path) else None, header.input_spec
    if file is not None and spec.fixed:
        call = fixed_shape(call, shape=(1, 3, *spec.size_hw), name=str(file))
    return NetworkPredictor(
        name=header.name, kind=header.kind, input_spec=spec, engine=engine, precision=header.precision, device=device,
        int8=header.int8, cost=header.cost, weights_file=file,
        **_runs(call, num_previous=header.num_previous, open_queue=open_queue),
    )  # fmt: skip


def _runs(call: Call, *, num_previous: int, open_queue: Callable[[], InferQueue] | None) -> dict[str, Any]:
    """How a predictor runs: a picture alone, one with those before it, and several at once."""
    if not num_previous:
        return {"run": call, "open_queue": open_queue}
    return {
        "run": lambda image: call(*alone(image, num_previous=num_previous)),
        "run_frames": call,
        "num_previous": num_previous,
    }
