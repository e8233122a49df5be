"""Quantization-aware training, its first half: a copy of a model whose layers round to 8 bits, with measured ranges.

Jacob et al. 2018. The copy is fused for inference, so that what is trained is what is exported.
"""

from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor, nn

from hondo.compress.compressor import Images
from hondo.compress.traced_calls import seen
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.fuse import fuse_for_inference
from hondo.nn.fake_quantize import FakeQuantized, fake_quantized_layers
from hondo.nn.upsampling.upsample_conv import UpsampleConv

# Kinds that stay: what replaces them is slow or in float on some engine (see the ONNX engine).
NOT_FUSED = (UpsampleConv, nn.Sequential)


def with_fake_quantization(model: DepthModel, images: Images, *, spared: Collection[str] = ()) -> DepthModel:
    """A fused copy that rounds weights and inputs of its layers, their ranges measured on ``images``.

    ``spared``: layers that stay in float, as the search of an int8 export named them; also what lies within them. So do
    convolutions of one channel and of one pixel, where int8 saves nothing.
    """
    if not images:
        raise HondoError("quantization-aware training needs calibration images", field="calibration")
    fused = fuse_for_inference(model, not_fused=NOT_FUSED)
    modules: list[tuple[str, Any]] = list(fused.named_modules())
    for name, module in modules:
        if is_rounded(module) and not _is_spared(name, spared):
            parent, _, last = name.rpartition(".")
            setattr(fused.get_submodule(parent), last, FakeQuantized(module))
    _observe(fused, images)
    return fused.requires_grad_(True)


def is_rounded(module: nn.Module) -> bool:
    """Whether a module is a plain convolution of several channels, or a plain linear layer."""
    return type(module) is nn.Linear or (type(module) is nn.Conv2d and module.weight.shape[1] * module.groups > 1)


def _is_spared(name: str, spared: Collection[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in spared)


@torch.no_grad()
def _observe(model: DepthModel, images: Images) -> None:
    """Measures the ranges; a layer that no image reaches computes in float."""
    layers = fake_quantized_layers(model)
    sizes: dict[str, torch.Size] = {}
    for layer in layers.values():
        layer.is_observing = True

    def look(path: str, module: nn.Module, given: tuple[Any, ...], output: Tensor) -> None:
        sizes[path] = output.shape

    with seen(model, look, among=lambda each: isinstance(each, FakeQuantized)):
        for image in images:
            model(image)
    for name, layer in layers.items():
        layer.is_observing = False
        shape = sizes.get(name)
        layer.settle()
        layer.is_on = shape is not None and not (len(shape) == 4 and shape[-2:].numel() == 1)
