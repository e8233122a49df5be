"""What int8 makes cheaper is counted on the graphs themselves, and agrees with the count on the torch model."""

import pytest
import torch
from torch import nn

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.metadata import ExportHeader
from hondo.engines.quantization.validation import MOVE
from hondo.engines.tracing.export_graph import trace
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs

SIZE = (32, 48)


class EveryProduct(nn.Module):
    """Convolutions with stride, of groups and transposed, a linear layer, and a product of two maps."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.grouped = nn.Conv2d(8, 8, 3, padding=1, groups=4)
        self.linear = nn.Linear(8, 12)
        self.up = nn.ConvTranspose2d(12, 4, 2, stride=2)
        self.last = nn.Conv2d(4, 2, 3, padding=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.grouped(self.first(image).relu()).relu()
        tokens = self.linear(x.flatten(2).transpose(1, 2)).relu()
        mixed = (tokens @ tokens.transpose(1, 2)).softmax(-1) @ tokens
        x = mixed.transpose(1, 2).reshape(-1, 12, *x.shape[-2:])
        return self.last(self.up(x).relu()).mean(1, keepdim=True).sigmoid() + 0.1


@pytest.fixture(scope="module")
def model() -> DepthModel:
    spec = InputSpec(size_hw=SIZE, multiple_of=16, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    return DepthModel(EveryProduct(), name="products", kind=DepthKind.METRIC_DEPTH, input_spec=spec).eval()


def test_openvino_graphs(model: DepthModel) -> None:
    pytest.importorskip("openvino")
    from hondo.engines.openvino import engine as openvino_ir
    from hondo.engines.openvino.int8 import macs, work_of

    graph = openvino_ir._converted(trace(model, size_hw=SIZE), (1, 3, *SIZE), num_previous=0)
    computed = [op for op in graph.get_ordered_ops() if op.get_type_name() not in ("Constant", "Parameter", "Result")]
    assert sum(map(macs, computed)) == count_macs(model)
    last = next(op for op in reversed(computed) if op.get_type_name() == "Convolution")
    values = (4 + 2) * 32 * 48 + 4 * 2 * 9
    assert work_of(last) == 4 * 2 * 9 * 32 * 48 + MOVE * values


def test_onnx_graphs(model: DepthModel) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    from hondo.engines.onnx.engine import onnx_bytes
    from hondo.engines.onnx.int8 import macs, shapes_of, works_of

    header = ExportHeader(name=model.name, kind=model.kind, input_spec=model.input_spec)
    content = onnx_bytes(model, shape=(1, 3, *SIZE), precision="fp32", dynamic=False, header=header)
    proto = onnx.load_from_string(content)
    shapes = shapes_of(proto)
    assert sum(macs(node, shapes) for node in proto.graph.node) == count_macs(model)
    last = [node for node in proto.graph.node if node.op_type == "Conv"][-1]
    biases = 2 if len(last.input) > 2 else 0
    values = (4 + 2) * 32 * 48 + 4 * 2 * 9 + biases
    assert works_of(proto)[last.name] == 4 * 2 * 9 * 32 * 48 + MOVE * values
