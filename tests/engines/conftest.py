"""A network so small that exporting it takes a second: what engines are tested with."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.autoselect import is_installed
from hondo.engines.registry import ENGINES
from hondo.models.base.depth_model import DepthModel


class TinyNetwork(nn.Module):
    """Half the size and back, two scales out."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.out = nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, image: Tensor) -> list[Tensor]:
        small = F.elu(self.down(image))
        fine = F.interpolate(small, scale_factor=2.0, mode="bilinear", align_corners=False)
        return [0.01 + torch.sigmoid(self.out(fine)), 0.01 + torch.sigmoid(self.out(small))]


@pytest.fixture(scope="session")
def tiny_model() -> DepthModel:
    torch.manual_seed(0)
    spec = InputSpec(size_hw=(32, 64), multiple_of=16, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.25))
    return DepthModel(TinyNetwork(), name="tiny", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=spec).eval()


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((1, 3, 32, 64), dtype=np.float32)


@pytest.fixture(scope="session")
def exported(tiny_model, tmp_path_factory) -> dict[str, Path]:
    """One fixed-size file of each engine, made once: an export takes about a second."""
    folder = tmp_path_factory.mktemp("exported")
    made = {}
    for name in ("onnx_runtime", "openvino_ir"):
        if is_installed(name):
            module = ENGINES[name]
            made[name] = module.export(tiny_model, folder / f"net{module.SUFFIX}", licence="Apache-2.0")
    return made
