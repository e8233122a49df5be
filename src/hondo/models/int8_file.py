"""Weights as int8 in a checkpoint: beside each rounded weight its steps, under the weight's key with ``:step``."""

from collections.abc import Collection, Mapping

import torch
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.nn.int8 import from_int8, to_int8

STEP = ":step"  # no name of a module or a parameter can hold a colon


def rounded(tensors: Mapping[str, Tensor], keys: Collection[str]) -> dict[str, Tensor]:
    """The tensors with those of ``keys`` in int8, one step for each output channel."""
    stored = dict(tensors)
    for key in keys:
        if not bool(tensors[key].isfinite().all()):
            raise HondoError(f"weight {key} holds values that are not finite: nothing to round to int8; train it again")
        stored[key], stored[key + STEP] = to_int8(tensors[key])
    return stored


def unpacked(tensors: Mapping[str, Tensor], *, source: str) -> dict[str, Tensor]:
    """The tensors with every int8 one, which has its steps beside it, as float32."""
    floats = {}
    for key, tensor in tensors.items():
        step = tensors.get(key + STEP)
        if (tensor.dtype == torch.int8) != (step is not None and step.shape == tensor.shape[:1]):
            raise HondoError(f"{source}: weight {key} and its int8 steps do not fit; copy or export the file again")
        if not key.endswith(STEP):
            floats[key] = tensor if step is None else from_int8(tensor, step)
    return floats
