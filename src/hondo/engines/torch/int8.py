"""int8 in PyTorch: which layers can be, a model with rounded weights, a model that multiplies whole numbers."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call

from hondo.core.errors import HondoError
from hondo.engines.base.predictor import Run
from hondo.engines.quantization.validation import Quantising, Validation, choose_layers
from hondo.engines.tracing.graph_inputs import driving
from hondo.models.base.depth_model import DepthModel
from hondo.nn.int8_layers import Int8Linear, from_int8, to_int8

# Channels in and out from which a matrix is faster in int8: rounding the tokens costs about as much as 200 of them.
LEAST = 256


def check_int8(precision: str) -> None:
    """Refuses int8 with ranges set beforehand: torch.ao.quantization is deprecated and quantised tensors with it."""
    if precision == "int8":
        raise HondoError(
            "precision 'int8' is not offered by PyTorch; export to OpenVINO or ONNX with calibration images, "
            "or take int8-dynamic or int8-weights",
            field="precision",
        )


def weight_layers(model: nn.Module) -> tuple[str, ...]:
    """The linear layers and convolutions, by name: what holds nearly all weights. Their first axis is the output."""
    named = model.named_modules(remove_duplicate=False)
    return tuple(name for name, module in named if isinstance(module, nn.Linear | nn.Conv2d))


def weight_keys(layers: Collection[str]) -> tuple[str, ...]:
    """The keys of the layers' weights in the state dict."""
    return tuple(f"{name}.weight" for name in layers)


def rounded_layers(model: DepthModel, quantising: Quantising | None) -> tuple[str, ...]:
    """The layers whose weights are rounded: all, or, with images, as many as the allowed drop leaves."""
    layers = weight_layers(model)
    if quantising is None:
        return layers
    parameters = dict(model.named_parameters(remove_duplicate=False))
    rounded = {name: _rounded(parameters[f"{name}.weight"]) for name in layers}

    def candidate(kept: frozenset[str], _: str) -> Run:
        return _running(model, {f"{name}.weight": rounded[name] for name in layers if name not in kept})

    saved = {name: float(weight.numel()) for name, weight in rounded.items()}  # the file gets smaller, nothing faster
    validation = Validation.of(_running(model, {}), quantising.calibration, kind=model.kind)
    kept = choose_layers(saved, candidate, validation=validation, quantising=quantising).kept
    return tuple(name for name in layers if name not in kept)


def _running(model: DepthModel, weights: Mapping[str, Tensor]) -> Run:
    """The model with these weights in the place of its own, which stay as they are."""

    def run(image: Float[np.ndarray, "b 3 H W"]) -> Float[np.ndarray, "b 1 _ _"]:
        feed = driving(image, num_previous=model.num_previous)
        with torch.inference_mode():
            tensors = tuple(torch.from_numpy(each).to(next(model.parameters())) for each in feed)
            return functional_call(model, dict(weights), tensors)[0].float().cpu().numpy()

    return run


def with_int8_weights(model: DepthModel) -> DepthModel:
    """A copy with every weight rounded to int8, as a file would hold it, and computed in float as before."""
    parameters = dict(model.named_parameters(remove_duplicate=False))
    weights = [parameters[key] for key in weight_keys(weight_layers(model))]
    return _copied(model, {weight: nn.Parameter(_rounded(weight)) for weight in weights})


def with_int8_linears(model: DepthModel) -> DepthModel:
    """A copy whose large linear layers multiply whole numbers; for inference on the CPU.

    Subclasses of linear layers stay: they compute in ways of their own.
    """
    linears = [each for each in model.modules() if type(each) is nn.Linear and min(each.weight.shape) >= LEAST]
    return _copied(model, {linear: Int8Linear(linear) for linear in linears}).requires_grad_(False)


def _rounded(weight: Tensor) -> Tensor:
    return from_int8(*to_int8(weight.detach())).to(weight)


def _copied(model: DepthModel, instead: Mapping[Any, Any]) -> DepthModel:
    """A copy that has other parts in the place of some, which are not copied."""
    return deepcopy(model, {id(part): other for part, other in instead.items()})
