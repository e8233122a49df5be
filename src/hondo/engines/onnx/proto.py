"""A model as an ONNX graph, and the graph as the bytes of a file."""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager, redirect_stdout
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from hondo.engines.base.compiled import Shape
from hondo.engines.base.metadata import KEY, ExportHeader
from hondo.engines.tracing.export_graph import quiet, trace
from hondo.engines.tracing.graph_inputs import shapes_of
from hondo.models.base.depth_model import DepthModel

if TYPE_CHECKING:
    import onnx

OPSET = 18


def proto_of(
    model: DepthModel, *, shape: Shape, is_half: bool = False, dynamic: bool = False, not_fused: Collection[type] = ()
) -> "onnx.ModelProto":
    """The ONNX graph of a model, its weights in float32 or, if ``is_half``, float16.

    ``not_fused``: kinds of modules that stay as they are, see ``trace``.
    """
    import torch

    dtype = torch.float16 if is_half else torch.float32
    program = trace(model, size_hw=shape[2:], batch=shape[0], dynamic=dynamic, dtype=dtype, not_fused=not_fused)
    with quiet(), _silent_exporter():
        exported = torch.onnx.export(
            program, opset_version=OPSET, dynamo=True, verbose=False, output_names=["depth"],
            input_names=list(shapes_of(shape, num_previous=model.num_previous)),
        )  # fmt: skip
    assert exported is not None
    return exported.model_proto


def with_header(proto: "onnx.ModelProto", header: ExportHeader) -> bytes:
    """The bytes of an .onnx file: graph, weights, header."""
    import onnx

    onnx.helper.set_model_props(proto, {KEY: header.to_json()})
    content = BytesIO()
    onnx.save_model(proto, content)
    return content.getvalue()


@contextmanager
def _silent_exporter() -> Iterator[None]:
    """torch's exporter prints its progress and logs its advice; neither is for hondo's users."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(StringIO()):
            yield
    finally:
        logger.setLevel(level)
