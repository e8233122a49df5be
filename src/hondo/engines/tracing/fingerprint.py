"""What a traced graph follows from, as one hash: a model's code, configuration and weights.

A graph may be kept and used again only where all three are known. A module of foreign code, a closure, or an attribute
that is no plain value leaves a model without a fingerprint, and its graph is made anew each time.
"""

import enum
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any

import torch
from torch import nn

KNOWN_PACKAGES = ("hondo", "torch", "timm")
_VERSIONED = (*KNOWN_PACKAGES[1:], "openvino")
_INTERNAL = {"_parameters", "_buffers", "_modules"}  # in the state dict, or walked as modules of their own
_PLAIN = (bool, int, float, str, bytes, type(None), torch.dtype, torch.device, torch.Size)


class UnknownPart(Exception):
    """A part of a model whose effect on the graph cannot be told."""


def fingerprint(model: nn.Module) -> str | None:
    """The hash of a model's code, configuration and weights; None where a part of it cannot be told."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        for line in _described(model):
            digest.update(line.encode() + b"\n")
    except UnknownPart:
        return None
    for name, tensor in model.state_dict(keep_vars=False).items():
        values = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}\n".encode())
        digest.update(values.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _described(model: nn.Module) -> Iterator[str]:
    """The lines that tell a model's code and configuration."""
    yield from code_versions()
    for path, module in model.named_modules():
        yield f"{path}: {_named(type(module))}"
        for key, value in sorted(vars(module).items()):
            if key not in _INTERNAL:
                yield f"  {key} = {_value(value)}"
        for key, buffer in module._buffers.items():
            if key in module._non_persistent_buffers_set and buffer is not None:
                yield f"  {key} = {hashlib.blake2b(buffer.detach().cpu().numpy().tobytes()).hexdigest()}"


def _value(value: Any) -> str:
    """A plain value, a collection of such, a function of a known package: as text that is equal for equal effect."""
    if isinstance(value, enum.Enum):
        return f"{_named(type(value))}.{value.name}"
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, nn.Module):
        return _named(type(value))  # a reference to a module of the tree, described there
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_value(key)}: {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(map(_value, value)) if isinstance(value, (set, frozenset)) else map(_value, value)
        return f"{type(value).__name__}({', '.join(items)})"
    if isinstance(value, partial):
        return f"partial({_value(value.func)}, {_value(value.args)}, {_value(value.keywords)})"
    if isinstance(value, (FunctionType, BuiltinFunctionType, type)):
        return _named(value)
    if hasattr(value, "__dict__"):
        return f"{_named(type(value))}({_value(vars(value))})"
    raise UnknownPart(repr(value))


def _named(thing: Any) -> str:
    """A class or function by its name; one of foreign code, or one that holds values of its own, is unknown."""
    package = (thing.__module__ or "").partition(".")[0]
    if package == "builtins" and isinstance(thing, type):
        return thing.__qualname__
    if package not in KNOWN_PACKAGES or getattr(thing, "__closure__", None) or "<lambda>" in thing.__qualname__:
        raise UnknownPart(repr(thing))
    return f"{thing.__module__}.{thing.__qualname__}"


@cache
def code_versions() -> tuple[str, ...]:
    """The versions of the packages that make a graph; hondo's own as sizes and times of its source files."""
    root = Path(__file__).resolve().parents[2]
    own = [
        f"{file.relative_to(root)} {file.stat().st_size} {file.stat().st_mtime_ns}"
        for folder in ("core", "nn", "models", "engines")
        for file in sorted((root / folder).rglob("*.py"))
    ]
    return (*own, *(f"{package} {_version(package)}" for package in _VERSIONED))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
