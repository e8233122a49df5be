"""What a compressed network differs in from the one that its options build, as plain JSON, and how to build it again.

    {"network.encoder.conv1": {"out_channels": 40, "shapes": {"weight": [40, 3, 7, 7]}},  # pruned
     "network.decoder.fc": {"rank": 12},                                                  # two layers of rank 12
     "network.encoder.blocks.3": {"skipped": true}}                                       # removed

A structure only makes smaller: numbers and shapes that exceed those of the built network are refused.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.nn.factored_layers import LowRank, Skip, is_factorable

Structure = Mapping[str, Mapping[str, Any]]  # by the path of a module
STRUCTURE = "structure"  # the option of a model that holds it
SHAPES, RANK, SKIPPED = "shapes", "rank", "skipped"


def structure_of(model: nn.Module, built: nn.Module) -> dict[str, dict[str, Any]]:
    """What differs in ``model`` from ``built``, the network that its options build."""
    found, replaced = {}, ()
    for path, module in built.named_modules():
        if path.startswith(replaced):
            continue
        other = model.get_submodule(path)
        entry = changed_numbers(module, other)
        if isinstance(other, Skip):
            entry, replaced = {SKIPPED: True}, (*replaced, f"{path}.")
        elif isinstance(other, LowRank):
            entry, replaced = entry | {RANK: other.rank}, (*replaced, f"{path}.")
        elif shapes := changed_shapes(module, other):
            entry[SHAPES] = shapes
        if entry:
            found[path] = entry
    return found


def changed_numbers(built: nn.Module, now: nn.Module) -> dict[str, Any]:
    """The attributes that are an integer, or several, and differ."""
    numbers = {name: value for name, value in vars(built).items() if is_numbers(value)}
    return {
        name: list(now_value) if isinstance(now_value, tuple) else now_value
        for name, value in numbers.items()
        if is_numbers(now_value := getattr(now, name, value)) and now_value != value
    }


def changed_shapes(built: nn.Module, now: nn.Module) -> dict[str, list[int]]:
    """The shapes of the module's own parameters and buffers that differ."""
    shapes = {name: list(each.shape) for name, each in _own(now).items()}
    return {name: shapes[name] for name, each in _own(built).items() if shapes[name] != list(each.shape)}


def restructure(model: nn.Module, structure: Structure) -> None:
    """Makes the network in place what ``structure`` says; weights are the leading part of those that were there."""
    for path, entry in structure.items():
        try:
            module = model.get_submodule(path)
        except AttributeError:
            raise HondoError(
                f"the stored structure names '{path}', which the model does not have with these options; give the "
                "options that the file was made with"
            ) from None
        plain = {name: value for name, value in entry.items() if name not in (SHAPES, RANK, SKIPPED)}
        for name, value in plain.items():
            _set_number(module, name, value, path=path)
        for name, shape in entry.get(SHAPES, {}).items():
            _shrink(module, name, shape, path=path)
        if RANK in entry or SKIPPED in entry:
            _replace(model, path, module, entry)


def is_numbers(value: Any) -> bool:
    """Whether it is an integer or a tuple of them."""
    if isinstance(value, tuple):
        return bool(value) and all(type(each) is int for each in value)
    return type(value) is int


def _own(module: nn.Module) -> dict[str, torch.Tensor]:
    return {**dict(module.named_parameters(recurse=False)), **dict(module.named_buffers(recurse=False))}


def _set_number(module: nn.Module, name: str, value: Any, *, path: str) -> None:
    value, built = tuple(value) if isinstance(value, list) else value, vars(module).get(name)
    if not (is_numbers(value) and is_numbers(built)) or not _is_within(value, built):
        raise _wrong(path, f"{name} = {value!r} in place of {built!r}")
    setattr(module, name, value)


def _is_within(value: Any, built: Any) -> bool:
    if isinstance(value, tuple) and isinstance(built, tuple):
        return len(value) == len(built) and all(map(_is_within, value, built))
    return type(value) is int and type(built) is int and 0 <= value <= built


def _shrink(module: nn.Module, name: str, shape: list[int], *, path: str) -> None:
    tensor = _own(module).get(name)
    if tensor is None or not is_numbers(tuple(shape)) or not _is_within(tuple(shape), tuple(tensor.shape)):
        raise _wrong(path, f"{name} {shape} in place of {None if tensor is None else list(tensor.shape)}")
    part = tensor.detach()[tuple(slice(0, side) for side in shape)].clone()
    setattr(module, name, nn.Parameter(part) if name in module._parameters else part)


def _replace(model: nn.Module, path: str, module: nn.Module, entry: Mapping[str, Any]) -> None:
    parent, _, name = path.rpartition(".")
    rank = entry.get(RANK)
    if rank is None:
        setattr(model.get_submodule(parent), name, Skip())
    elif not is_factorable(module) or type(rank) is not int or not 1 <= rank <= min(_sides(module)):
        raise _wrong(path, f"rank {rank!r}")
    else:
        setattr(model.get_submodule(parent), name, LowRank(module, rank=rank))


def _sides(layer: nn.Module) -> tuple[int, int]:
    outputs, *rest = layer.get_parameter("weight").shape
    return outputs, torch.Size(rest).numel()


def _wrong(path: str, what: str) -> HondoError:
    return HondoError(f"the stored structure does not fit the model: {path} has {what}; copy or make the file again")
