"""Which operations of a graph get ranges: sums of convolutional networks do, depth of one channel does not."""

import numpy as np
import pytest
import torch
from torch import nn

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.openvino import engine as openvino_ir
from hondo.engines.openvino import int8 as openvino_int8
from hondo.engines.openvino.ranges import attends, single_channels, small, with_ranges
from hondo.engines.quantization.calibration import Calibration
from hondo.models.base.depth_model import DepthModel
from hondo.nn.upsampling.upsample_conv import BilinearUpsample

pytest.importorskip("openvino")
pytest.importorskip("nncf")
SPEC = InputSpec(size_hw=(32, 48), multiple_of=16)


class Summed(nn.Module):
    """A residual connection, and, where it ``attends``, tokens that look at one another."""

    def __init__(self, *, attending: bool) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(8, 8, 1)
        self.first, self.second = nn.Conv2d(3, 8, 3, stride=4, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.last, self.attending = nn.Conv2d(8, 1, 1), attending
        self.enlarge = BilinearUpsample(4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.first(image).relu()
        x = (x + self.second(x)).relu()
        x = x * self.squeeze(x.mean((2, 3), keepdim=True)).sigmoid()
        if self.attending:
            tokens = x.flatten(2).transpose(1, 2)
            x = (tokens.mT @ (tokens @ tokens.mT).softmax(-1).mT).unflatten(2, x.shape[2:])
        return self.enlarge(self.last(x).float())


def quantised(*, attending: bool):
    torch.manual_seed(0)
    network = Summed(attending=attending)
    model = DepthModel(network, name="summed", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC).eval()
    graph = openvino_ir.convert(model, size_hw=SPEC.size_hw)
    openvino_int8._fold_constants(graph)
    return graph, with_ranges(graph, images(), estimator="MINMAX")


def images() -> Calibration:
    return Calibration(images=np.random.default_rng(0).integers(0, 256, (8, 3, *SPEC.size_hw), dtype=np.uint8))


@pytest.mark.parametrize("attending", [False, True])
def test_sums_are_rounded_in_convolutional_networks_only(attending) -> None:
    graph, rounded = quantised(attending=attending)
    assert attends(graph) is attending
    (total,) = (
        op
        for op in rounded.get_ops()
        if op.get_type_name() == "Add"
        and "Constant" not in [value.get_node().get_type_name() for value in op.input_values()]
        and openvino_int8._path(op, {}).startswith("add")
    )
    kinds = [value.get_node().get_type_name() for value in total.input_values()]
    assert ("FakeQuantize" in kinds) is not attending


@pytest.mark.parametrize("spared", [single_channels, small])
def test_convolutions_of_one_channel_or_one_pixel_stay_in_float(spared) -> None:
    graph, rounded = quantised(attending=False)
    (name,) = spared(graph)
    (conv,) = (op for op in rounded.get_ops() if op.get_friendly_name() == name)
    assert not any(openvino_int8._is_rounded(value.get_node()) for value in conv.input_values())


def test_depthwise_convolutions_have_one_range_for_all_channels() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Conv2d(8, 1, 1))
    model = DepthModel(network, name="depthwise", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC).eval()
    graph = openvino_ir.convert(model, size_hw=SPEC.size_hw)
    openvino_int8._fold_constants(graph)
    rounded = with_ranges(graph, images(), estimator="MINMAX")
    (conv,) = (op for op in rounded.get_ops() if op.get_type_name() == "GroupConvolution")
    source = conv.input_value(0).get_node()
    assert source.get_type_name() == "FakeQuantize" and np.size(source.input_value(1).get_node().data) == 1
