"""Multiply-accumulates of a network with fewer parts, from those of its layers, without building it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from hondo.compress.pruning.removal import IN, OUT, Group, is_depthwise, places_of
from hondo.compress.traced_calls import seen
from hondo.models.base.depth_model import DepthModel


@dataclass(frozen=True, kw_only=True)
class LayerCost:
    """A layer's multiply-accumulates, and the channels that it writes and reads."""

    macs: float
    outputs: int
    inputs: int
    is_depthwise: bool


def layer_costs(model: DepthModel) -> dict[str, LayerCost]:
    """Of every convolution and linear layer, at the model's own size. The products within attention are left out."""
    costs = {}

    def look(path: str, module: nn.Module, given: tuple[Any, ...], output: Tensor) -> None:
        weight = getattr(module, "weight", None)
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear) and isinstance(weight, nn.Parameter):
            is_transposed = isinstance(module, nn.ConvTranspose2d)
            positions = (given[0] if is_transposed else output).numel() / _channels(module, is_transposed)
            outputs, inputs = _channels(module, False), _channels(module, True)
            before = costs[path].macs if path in costs else 0.0
            cost = {"outputs": outputs, "inputs": inputs, "is_depthwise": is_depthwise(module)}
            costs[path] = LayerCost(macs=before + positions * weight.numel(), **cost)

    height, width = model.input_spec.size_hw
    with torch.no_grad(), seen(model.eval(), look):
        model(torch.full((1, 3, height, width), 0.5, device=next(model.parameters()).device))
    return costs


def _channels(module: nn.Module, is_input: bool) -> int:
    names = ("in_channels", "in_features") if is_input else ("out_channels", "out_features")
    return next(int(getattr(module, name)) for name in names if hasattr(module, name))


def macs_without(costs: Mapping[str, LayerCost], groups: Sequence[Group], parts: Mapping[str, Sequence[int]]) -> float:
    """Multiply-accumulates of all layers once ``parts`` have gone."""
    gone = {key: len(found) for key, found in places_of([g for g in groups if parts.get(g.name)], parts).items()}
    total = 0.0
    for path, cost in costs.items():
        share_out = 1 - gone.get((path, OUT), 0) / cost.outputs
        share_in = 1.0 if cost.is_depthwise else 1 - gone.get((path, IN), 0) / cost.inputs
        total += cost.macs * share_out * share_in
    return total


def macs_of_a_part(costs: Mapping[str, LayerCost], group: Group) -> float:
    """What removing one part of the group saves, while everything else is there."""
    return sum(
        costs[each.path].macs * each.places.shape[1] / _side(costs[each.path], each.side)
        for each in group.slices
        if each.path in costs
    )


def _side(cost: LayerCost, side: str) -> int:
    return cost.outputs if side == OUT else cost.inputs
