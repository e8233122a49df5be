"""Graphs that OpenVINO by itself does not survive."""

import numpy as np
import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.engine import LoadOptions
from hondo.engines.openvino.decompose import GROUP_NORM
from hondo.engines.openvino.engine import ENGINE as openvino_ir
from hondo.engines.openvino.graph import convert_model
from hondo.engines.openvino.runtime import compile_graph
from hondo.models.base.depth_model import DepthModel
from hondo.models.decoders.adaptive_bins import AdaptiveBins
from hondo.models.registry.build_model import build_model
from hondo.nn.blocks.mini_vit import MiniViT


class Bottleneck(nn.Module):
    """relu(x + convolutions(x)), all with group normalisation: DPT-Hybrid's ResNet is made of these."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.short = normed(inputs, outputs) if inputs != outputs else nn.Identity()
        self.long = nn.Sequential(
            normed(inputs, outputs // 4), nn.ReLU(), normed(outputs // 4, outputs // 4, kernel=3), nn.ReLU(),
            normed(outputs // 4, outputs),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.short(x) + self.long(x))


def normed(inputs: int, outputs: int, *, kernel: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.GroupNorm(32, outputs))


def test_a_graph_keeps_its_group_normalizations_when_it_is_compiled() -> None:
    """They are decomposed in a copy: the graph may be written to a file, or compiled for another device."""
    network = nn.Sequential(normed(3, 32), nn.Conv2d(32, 1, 1))
    spec = InputSpec(size_hw=(16, 16), multiple_of=1)
    model = DepthModel(network, name="m", kind=DepthKind.RELATIVE_INVERSE_DEPTH, input_spec=spec).eval()
    graph = convert_model(model, (1, 3, 16, 16))
    compile_graph(graph, "CPU", {})
    assert GROUP_NORM in {op.get_type_name() for op in graph.get_ops()}


def test_residual_blocks_of_group_normalisations_run_on_small_images() -> None:
    torch.manual_seed(0)
    stem = nn.Sequential(nn.Conv2d(3, 64, 7, stride=2, padding=3), nn.GroupNorm(32, 64), nn.ReLU(), nn.MaxPool2d(2))
    network = nn.Sequential(
        stem, Bottleneck(64, 256), Bottleneck(256, 256), nn.Conv2d(256, 1, 1), nn.Upsample(scale_factor=4)
    )
    spec = InputSpec(size_hw=(64, 96), multiple_of=4, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    model = DepthModel(network, name="m", kind=DepthKind.RELATIVE_INVERSE_DEPTH, input_spec=spec).eval()
    image = np.random.default_rng(0).random((1, 3, 64, 96), dtype=np.float32)
    with torch.no_grad():
        wanted = model(torch.from_numpy(image))[0].numpy()
    assert np.allclose(openvino_ir.load(model).run(image), wanted, rtol=1e-4, atol=1e-5)


class Finest(nn.Module):
    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        return features[0]


class Binned(nn.Module):
    """Depth as the mean of 256 bins."""

    def __init__(self) -> None:
        super().__init__()
        vit = MiniViT(dim=8, bins=256, queries=8, patch=4, layers=1, num_heads=2, hidden=16)
        self.features = nn.Conv2d(3, 8, 3, padding=1)
        self.bins = AdaptiveBins(Finest(), vit, bins=256, min_depth=0.001, max_depth=80.0)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.bins([self.features(image)])[0]


def test_bf16_does_not_lose_narrow_bins() -> None:
    torch.manual_seed(0)
    spec = InputSpec(size_hw=(32, 48), multiple_of=4)
    model = DepthModel(Binned(), name="binned", kind=DepthKind.METRIC_DEPTH, input_spec=spec).eval()
    image = np.random.default_rng(0).random((1, 3, 32, 48), dtype=np.float32)
    with torch.no_grad():
        wanted = model(torch.from_numpy(image))[0].numpy()
    assert np.allclose(openvino_ir.load(model, LoadOptions(precision="bf16")).run(image), wanted, rtol=0.01)


def test_what_cannot_be_compiled_is_one_line() -> None:
    model = build_model("unet-light", size_hw=(32, 32))
    graph = convert_model(model, (1, 3, 32, 32))
    with pytest.raises(HondoError, match=r"OpenVINO cannot compile the network for GPU.99 .* use another precision"):
        compile_graph(graph, "GPU.99", {})
