"""Which nodes stay in float, and the cost of nodes, which agrees with the count on the torch model."""

import pytest
import torch
from torch import nn

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.onnx.proto import proto_of
from hondo.engines.onnx.quantizable_nodes import costs_of, layers_of, macs, shapes_in, single_channels, small
from hondo.engines.quantization.sensitivity_search import MACS_PER_VALUE
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs
from hondo.nn.upsampling.upsample_conv import BilinearUpsample
from tests.engines.quantization.every_product import SIZE, build_every_product

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
SPEC = InputSpec(size_hw=(32, 48), multiple_of=16)


def test_convolutions_of_one_channel_stay_in_float() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 4, stride=4), nn.Conv2d(4, 4, 3, groups=4, padding=1), nn.Conv2d(4, 1, 1))
    model = DepthModel(
        nn.Sequential(network, BilinearUpsample(4)), name="few", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC
    )
    proto = proto_of(model, shape=(1, 3, 32, 48))
    (name,) = single_channels(proto)  # not the depthwise one
    named = [each for names in layers_of(proto).values() for each in names]
    assert name not in named and sum(node.op_type == "Conv" for node in proto.graph.node if node.name in named) == 3


def test_convolutions_of_one_pixel_stay_in_float() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.squeeze, self.last = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 1), nn.Conv2d(8, 1, 1)

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            x = self.first(image)
            return self.last(x * self.squeeze(x.mean((2, 3), keepdim=True)).sigmoid())

    model = DepthModel(Gated(), name="gated", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC)
    proto = proto_of(model, shape=(1, 3, 32, 48))
    (name,) = small(proto)
    (conv,) = (node for node in proto.graph.node if node.name == name)
    assert "squeeze" in conv.input[1]
    assert not any(name in names for names in layers_of(proto).values())


def test_onnx_graphs() -> None:
    model = build_every_product()
    proto = proto_of(model, shape=(1, 3, *SIZE))
    shapes = shapes_in(proto)
    assert sum(macs(node, shapes) for node in proto.graph.node) == count_macs(model)
    last = [node for node in proto.graph.node if node.op_type == "Conv"][-1]
    biases = 2 if len(last.input) > 2 else 0
    values = (4 + 2) * 32 * 48 + 4 * 2 * 9 + biases
    assert costs_of(proto)[last.name] == 4 * 2 * 9 * 32 * 48 + MACS_PER_VALUE * values
