"""Eigen et al. 2014, "Depth Map Prediction from a Single Image using a Multi-Scale Deep Network": the first of all."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import DepthKind, InputSpec, Size
from hondo.models.base.depth_model import DepthModel
from hondo.models.encoders.encoder import IMAGENET_MEAN, IMAGENET_STD
from hondo.nn.symbolic import is_symbolic

START_DEPTH = 3.0  # metres: the mean depth that a fresh network answers


def eigen2014(*, size_hw: Size = (228, 304), hidden: int = 4096, width: float = 1.0) -> DepthModel:
    """Figure 1 of the paper: a coarse network that ends in full layers, and a fine one that refines its map locally.

    Maps are a quarter of the image; convolutions are padded so that both networks agree without a margin. The full
    layers belong to ``size_hw``: features and map of other sizes are resized. ``width`` scales the channels of the
    convolutions, ``hidden`` are the units of the full layer.
    """
    network = CoarseAndFine(Coarse(size_hw, hidden=hidden, width=width), Fine(width=width))
    spec = InputSpec(size_hw=size_hw, multiple_of=4, mean=IMAGENET_MEAN, std=IMAGENET_STD)
    return DepthModel(network, name="eigen2014", kind=DepthKind.METRIC_DEPTH, input_spec=spec)


class Coarse(nn.Module):
    """Five convolutions and two full layers to a map of log depth of the whole scene."""

    def __init__(self, size_hw: Size, *, hidden: int, width: float) -> None:
        super().__init__()
        first, second, third, last = (max(4, round(width * channels)) for channels in (96, 256, 384, 256))
        self.map_hw, self.grid_hw = (size_hw[0] // 4, size_hw[1] // 4), _after_features(size_hw)
        self.features = nn.Sequential(
            *_conv(3, first, kernel=11, stride=4),
            nn.MaxPool2d(2),
            *_conv(first, second, kernel=5),
            nn.MaxPool2d(2),
            *_conv(second, third, kernel=3),
            *_conv(third, third, kernel=3),
            *_conv(third, last, kernel=3, stride=2),
        )
        inputs, outputs = last * math.prod(self.grid_hw), math.prod(self.map_hw)
        self.full = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(0.5), nn.Linear(hidden, outputs))

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 H W"]:
        seen = _resized(self.features(image), self.grid_hw)
        scene = self.full(seen.flatten(1)).unflatten(1, (1, *self.map_hw))
        return _resized(scene, (image.shape[-2] // 4, image.shape[-1] // 4))


class Fine(nn.Module):
    """Edges of the image at a quarter of its size, joined by the coarse map, to log depth."""

    def __init__(self, *, width: float) -> None:
        super().__init__()
        edges, joined = max(4, round(63 * width)), max(4, round(64 * width))
        self.edges = nn.Sequential(*_conv(3, edges, kernel=9, stride=2), nn.MaxPool2d(2))
        self.refine = nn.Sequential(*_conv(edges + 1, joined, kernel=5), nn.Conv2d(joined, 1, 5, padding=2))

    def forward(self, image: Float[Tensor, "b 3 h w"], coarse: Float[Tensor, "b 1 H W"]) -> Float[Tensor, "b 1 H W"]:
        return self.refine(torch.cat([self.edges(image), coarse], dim=1))


class CoarseAndFine(nn.Module):
    """Both maps as depth [m], the fine one first. The coarse map is a residual to ``START_DEPTH`` in the logarithm."""

    def __init__(self, coarse: Coarse, fine: Fine) -> None:
        super().__init__()
        self.coarse, self.fine = coarse, fine

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b 1 H W"]]:
        coarse = self.coarse(image)
        fine = coarse + self.fine(image, coarse)
        return [START_DEPTH * each.float().clamp(-8, 8).exp() for each in (fine, coarse)]


def _resized(maps: Float[Tensor, "b c _ _"], size_hw: Size) -> Float[Tensor, "b c h w"]:
    if not is_symbolic(*maps.shape, *size_hw) and tuple(maps.shape[-2:]) == tuple(size_hw):
        return maps
    return F.interpolate(maps, size=size_hw, mode="bilinear", align_corners=False)


def _conv(inputs: int, outputs: int, *, kernel: int, stride: int = 1) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2), nn.ReLU()


def _after_features(size_hw: Size) -> Size:
    """The size of the last features: strides 4, 2, 2, 2, convolutions round up and pools down."""
    height, width = (-(-(-(-side // 4) // 2 // 2) // 2) for side in size_hw)
    return height, width
