"""Nested state (dicts, lists, tensors, numbers) as one safetensors file: nothing is ever unpickled."""

import json
from typing import Any

import numpy as np
import torch
from jaxtyping import Shaped
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from hondo.core.errors import HondoError, reason_of
from hondo.core.integrity.seal import FREE, is_whole, sealed
from hondo.core.text_file import load_json, load_object


def to_bytes(tree: Any) -> bytes:
    """Serialises nested state: tensors by number, the structure as JSON in the metadata, and the hash of it all."""
    tensors: dict[str, Shaped[Tensor, ...]] = {}
    structure = _pack(tree, tensors)
    return sealed(save(tensors, metadata={"state": json.dumps({"sha256": FREE, "tree": structure})}))


def from_bytes(content: bytes, *, name: str) -> Any:
    """The inverse of ``to_bytes``; a broken file, or one that is not as it was written, is refused under ``name``."""
    try:
        tensors = load(content)
        length = int.from_bytes(content[:8], "little")
        metadata = load_object(content[8 : 8 + length], name=name)["__metadata__"]
        if "state" in metadata:
            stated = load_object(metadata["state"], name=name)
            structure = stated["tree"]
            if not is_whole(content, stated["sha256"]):
                raise HondoError("its SHA-256 is not the one it was written with")
        else:  # of an earlier hondo, which wrote no hash
            structure = load_json(metadata["tree"], name=name)
        return _unpack(structure, tensors)
    except (SafetensorError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise HondoError(
            f"{name} is not a training state of hondo, or is damaged ({reason_of(error)}); start anew without resume",
            field="resume",
        ) from error


def _pack(value: Any, tensors: dict[str, Shaped[Tensor, "..."]]) -> Any:
    if isinstance(value, np.ndarray):
        return {"array": _pack(torch.from_numpy(value.astype(np.int64)), tensors)}
    if isinstance(value, Tensor):
        key = str(len(tensors))
        tensors[key] = (
            value.detach().cpu().clone(memory_format=torch.contiguous_format)
        )  # shared storage is not allowed in the file
        return {"tensor": key}
    if isinstance(value, dict):
        return {"dict": [[_pack(key, tensors), _pack(item, tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_pack(item, tensors) for item in value]}
    if value is None or isinstance(value, bool | int | float | str):
        return {"value": value}
    raise TypeError(f"a {type(value).__name__} cannot be part of a training state")


def _unpack(packed: Any, tensors: dict[str, Shaped[Tensor, "..."]]) -> Any:
    ((kind, content),) = packed.items()
    if kind == "value":
        return content
    if kind == "tensor":
        return tensors[content]
    if kind == "array":
        return _unpack(content, tensors).numpy()
    if kind == "dict":
        return {_unpack(key, tensors): _unpack(item, tensors) for key, item in content}
    items = [_unpack(item, tensors) for item in content]
    return tuple(items) if kind == "tuple" else items
