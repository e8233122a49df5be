"""Milliseconds of layers by their shape on one device and engine, measured once and kept in hondo's cache."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from hondo.compress.compressor import MeasureLayer
from hondo.compress.pruning.removal import is_depthwise
from hondo.compress.traced_calls import seen
from hondo.core.cache import cache_folder, read_cached, write_cached
from hondo.models.base.depth_model import DepthModel


@dataclass(frozen=True, kw_only=True)
class LayerShape:
    """What the time of a convolution or linear layer depends on. ``size``: of its input without batch and channels."""

    kind: str  # Conv2d, ConvTranspose2d, Linear
    inputs: int
    outputs: int
    size: tuple[int, ...]
    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    padding: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    is_depthwise: bool = False

    @property
    def key(self) -> str:
        """All of it as text."""
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())

    def built(self) -> tuple[nn.Module, tuple[int, ...]]:
        """A fresh layer of this shape, and the shape of its input."""
        if self.kind == "Linear":
            return nn.Linear(self.inputs, self.outputs), (1, *self.size, self.inputs)
        kernel = {"kernel_size": self.kernel, "stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        groups = self.inputs if self.is_depthwise else 1
        layer = {"Conv2d": nn.Conv2d, "ConvTranspose2d": nn.ConvTranspose2d}[self.kind]
        return layer(self.inputs, self.outputs, groups=groups, **kernel), (1, self.inputs, *self.size)  # type: ignore[arg-type]


class LatencyTable:
    """Looks layers up, and measures those that are not there yet. ``device``: of the measurement, names the file."""

    def __init__(self, measure: MeasureLayer, *, device: str) -> None:
        self.measure, self.device = measure, device
        self.file = cache_folder("layer-latency", f"{hashlib.sha256(device.encode()).hexdigest()[:16]}.json")
        self.values: dict[str, float] = (read_cached(self.file) or {}).get("ms", {})
        self.measured = 0

    def ms(self, shape: LayerShape) -> float:
        """Milliseconds of one layer."""
        if shape.key not in self.values:
            self.values[shape.key] = self.measure(*shape.built())
            self.measured += 1
        return self.values[shape.key]

    def total(self, shapes: Mapping[str, LayerShape]) -> float:
        """Milliseconds of all layers, one after the other."""
        return sum(map(self.ms, shapes.values()))

    def keep(self) -> None:
        """Writes what was measured to the cache."""
        write_cached(self.file, {"device": self.device, "ms": self.values})


def layer_shapes(model: DepthModel) -> dict[str, LayerShape]:
    """The shape of every convolution and linear layer of the model at its own size."""
    shapes: dict[str, LayerShape] = {}

    def look(path: str, module: nn.Module, given: tuple[Any, ...], output: Tensor) -> None:
        if isinstance(module, nn.Linear):
            size = tuple(given[0].shape[1:-1])
            shapes[path] = LayerShape(kind="Linear", inputs=module.in_features, outputs=module.out_features, size=size)
        elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and (module.groups == 1 or is_depthwise(module)):
            kernel = {"kernel": module.kernel_size, "stride": module.stride, "dilation": module.dilation}
            padding = module.padding
            if type(module) not in (nn.Conv2d, nn.ConvTranspose2d) or not isinstance(padding, tuple):
                padding = tuple(side // 2 for side in module.kernel_size)  # it pads by itself
            sides = {"inputs": module.in_channels, "outputs": module.out_channels, "size": tuple(given[0].shape[2:])}
            kind = "ConvTranspose2d" if isinstance(module, nn.ConvTranspose2d) else "Conv2d"
            shapes[path] = LayerShape(kind=kind, padding=padding, is_depthwise=is_depthwise(module), **kernel, **sides)

    height, width = model.input_spec.size_hw
    with torch.no_grad(), seen(model.eval(), look):
        model(torch.full((1, 3, height, width), 0.5, device=next(model.parameters()).device))
    return shapes
