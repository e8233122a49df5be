"""int8 in PyTorch: which layers are quantized, a model with rounded weights, a model that multiplies integers."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from torch.func import functional_call

from hondo.engines.base.predictor import Run
from hondo.engines.quantization.calibration import QuantizationOptions
from hondo.engines.quantization.sensitivity_search import search_float_layers
from hondo.engines.quantization.validation import Validation
from hondo.engines.tracing.graph_inputs import driving
from hondo.models.base.depth_model import DepthModel
from hondo.nn.int8_layers import Int8Linear, from_int8, to_int8

# Channels in and out from which a matrix is faster in int8: to quantize the tokens costs about as much as 200 of them.
MIN_CHANNELS = 256


def weight_layers(model: nn.Module) -> tuple[str, ...]:
    """The linear layers and convolutions, by name: what holds nearly all weights. Their first axis is the output."""
    named = model.named_modules(remove_duplicate=False)
    return tuple(name for name, module in named if isinstance(module, nn.Linear | nn.Conv2d))


def weight_keys(layers: Collection[str]) -> tuple[str, ...]:
    """The keys of the layers' weights in the state dict."""
    return tuple(f"{name}.weight" for name in layers)


def quantizable_layers(model: DepthModel, options: QuantizationOptions | None) -> tuple[str, ...]:
    """The layers whose weights become int8: all, or, with images, as many as the allowed error permits."""
    layers = weight_layers(model)
    if options is None:
        return layers
    parameters = dict(model.named_parameters(remove_duplicate=False))
    rounded = {name: _rounded(parameters[f"{name}.weight"]) for name in layers}

    def build(kept: frozenset[str], _: str) -> Run:
        return _run_with(model, {f"{name}.weight": rounded[name] for name in layers if name not in kept})

    saved = {name: float(weight.numel()) for name, weight in rounded.items()}  # the file gets smaller, nothing faster
    validation = Validation.of(_run_with(model, {}), options.calibration, kind=model.kind)
    kept = search_float_layers(saved, build, validation=validation, options=options).kept
    return tuple(name for name in layers if name not in kept)


def _run_with(model: DepthModel, weights: Mapping[str, Shaped[Tensor, "..."]]) -> Run:
    """Runs the model with these weights instead of its own, which stay as they are."""

    def run(image: Float[np.ndarray, "b 3 H W"]) -> Float[np.ndarray, "b c _ _"]:
        feed = driving(image, num_previous=model.num_previous)
        with torch.inference_mode():
            tensors = tuple(torch.from_numpy(each).to(next(model.parameters())) for each in feed)
            return functional_call(model, dict(weights), tensors)[0].float().cpu().numpy()

    return run


def with_int8_weights(model: DepthModel) -> DepthModel:
    """A copy with every weight rounded to int8, as a file stores it; computed in float as before."""
    parameters = dict(model.named_parameters(remove_duplicate=False))
    weights = [parameters[key] for key in weight_keys(weight_layers(model))]
    return _copied(model, {weight: nn.Parameter(_rounded(weight)) for weight in weights})


def with_int8_linears(model: DepthModel) -> DepthModel:
    """A copy whose large linear layers multiply integers; for inference on the CPU.

    Subclasses of linear layers stay: they compute differently.
    """
    linears = [each for each in model.modules() if type(each) is nn.Linear and min(each.weight.shape) >= MIN_CHANNELS]
    return _copied(model, {linear: Int8Linear(linear) for linear in linears}).requires_grad_(False)


def _rounded(weight: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    return from_int8(*to_int8(weight.detach())).to(weight)


def _copied(model: DepthModel, instead: Mapping[Any, Any]) -> DepthModel:
    """A copy in which other parts replace some of the model's."""
    return deepcopy(model, {id(part): other for part, other in instead.items()})
