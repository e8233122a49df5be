"""Ranges in front of reshapes and transpositions: the same values, made by the convolution in front."""

import numpy as np
import pytest
import torch
from torch import nn

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.openvino.decompose import fold_constants
from hondo.engines.openvino.graph import convert_model
from hondo.engines.openvino.int8 import _run_of
from hondo.engines.openvino.range_placement import LAYOUTS, move_quantizers_before_layouts
from hondo.engines.openvino.ranges import with_ranges
from hondo.engines.quantization.calibration import Calibration
from hondo.models.base.depth_model import DepthModel
from hondo.nn.blocks.pyramid_block import PyramidBlock
from hondo.nn.tokens import map_from_tokens, tokens_from_map

pytest.importorskip("openvino")
pytest.importorskip("nncf")
SPEC = InputSpec(size_hw=(32, 48), multiple_of=16)


class Tokens(nn.Module):
    """A block of a pyramid vision transformer between two convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 16, 3, stride=4, padding=1), nn.Conv2d(16, 1, 1)
        self.block = PyramidBlock(16, num_heads=2, mlp_ratio=4, reduction=2)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.first(image)
        grid_hw = x.shape[-2], x.shape[-1]
        x = map_from_tokens(self.block(tokens_from_map(x), grid_hw), grid_hw)
        return self.last(x).sigmoid().repeat_interleave(4, 2).repeat_interleave(4, 3) + 0.1


@pytest.fixture(scope="module")
def rounded():
    torch.manual_seed(0)
    model = DepthModel(Tokens(), name="tokens", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC).eval()
    graph = convert_model(model, (1, 3, *SPEC.size_hw))
    fold_constants(graph)
    images = np.random.default_rng(0).integers(0, 256, (8, 3, *SPEC.size_hw), dtype=np.uint8)
    return with_ranges(graph, Calibration(images=images), estimator="MINMAX", num_previous=0)


def between(graph) -> list[str]:
    """The layouts and the range between the depthwise convolution and the linear layer behind it, in order."""
    (node,) = (op for op in graph.get_ops() if op.get_type_name() == "GroupConvolution")
    kinds = []
    while node.get_type_name() != "MatMul":
        kinds.append(node.get_type_name())
        (reader,) = node.output(0).get_target_inputs()
        node = reader.get_node()
    return [kind for kind in kinds if kind in (*LAYOUTS, "FakeQuantize")]


def test_the_convolution_rounds_before_its_map_becomes_tokens(rounded) -> None:
    late, early = rounded.clone(), rounded.clone()
    assert move_quantizers_before_layouts(early) == 1 and move_quantizers_before_layouts(early) == 0
    assert between(late) == ["Transpose", "Reshape", "FakeQuantize"]
    assert between(early) == ["FakeQuantize", "Transpose", "Reshape"]


def test_the_values_stay_what_they_were(rounded) -> None:
    early = rounded.clone()
    move_quantizers_before_layouts(early)
    image = np.random.default_rng(1).random((1, 3, *SPEC.size_hw), dtype=np.float32)
    wanted, given = (_run_of(each, "fp32")(image) for each in (rounded, early))
    np.testing.assert_allclose(given, wanted, rtol=1e-3)
