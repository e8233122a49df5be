"""What a user would do without hondo: the eager model through each tool's own converter, at its defaults."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from hondo.core.types import Size
from hondo.engines.tracing.export_graph import quiet
from hondo.models.base.depth_model import DepthModel


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A converted model as a call on one image, and the precision that the tool chose to compute in."""

    precision: str
    call: Callable[[], object]


class FinestMap(nn.Module):
    """A depth model that gives one map, as converters want it."""

    def __init__(self, model: DepthModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(b 3 h w) -> (b 1 h w)."""
        return self.model(image)[0]


def plain_openvino(model: nn.Module, image: torch.Tensor) -> Plain:
    """``openvino.convert_model`` and ``compile_model``."""
    import openvino as ov

    graph = ov.convert_model(model, example_input=image, input=[tuple(image.shape)])
    compiled = ov.compile_model(graph, "CPU")
    chosen = str(compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name())
    values = image.numpy()
    return Plain(precision={"f32": "fp32", "f16": "fp16"}.get(chosen, chosen), call=lambda: compiled(values)[0])


def plain_onnx(model: nn.Module, image: torch.Tensor) -> Plain:
    """``torch.onnx.export`` and ONNX Runtime."""
    import onnxruntime

    program = torch.onnx.export(model, (image,), dynamo=True, verbose=False)
    assert program is not None
    content = program.model_proto.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    inputs = {session.get_inputs()[0].name: image.numpy()}
    return Plain(precision="fp32", call=lambda: session.run(None, inputs)[0])


def plain_torch(model: nn.Module, image: torch.Tensor) -> Plain:
    """``torch.compile``."""
    compiled = torch.compile(model)

    def call() -> np.ndarray:
        with torch.inference_mode():
            return compiled(image).numpy()

    return Plain(precision="fp32", call=call)


PLAIN = {"openvino": plain_openvino, "onnx": plain_onnx, "torch": plain_torch}


def plain(engine: str, model: DepthModel, size_hw: Size) -> Plain | str:
    """The model through the tool of an engine; else why the tool does not take it, in a line."""
    if model.num_previous:
        return "takes several frames"
    image = torch.rand(1, 3, *size_hw, generator=torch.Generator().manual_seed(0))
    try:
        with quiet():
            made = PLAIN[engine](FinestMap(model).eval(), image)
            made.call()
    except Exception as error:  # each tool raises classes of its own
        return f"{type(error).__name__}: {str(error).strip().splitlines()[0][:120] if str(error).strip() else ''}"
    return made
