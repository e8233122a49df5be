"""Reads the tensors of files that pickle whole modules, without running anything that such a file names.

Every class in the file becomes an empty stand-in that only keeps its attributes, and the few functions by which torch
rebuilds tensors become descriptions of tensors. A file that asks for any other call is refused. The tensors are then
found by walking the stand-ins as ``state_dict`` would walk the modules.
"""

import pickle
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from io import BufferedIOBase
from pathlib import Path
from typing import IO, Any, NamedTuple

import torch
from jaxtyping import Shaped
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.integrity.archive import open_archive
from hondo.models.base.weights_file import check_is_checkpoint
from hondo.models.published.tensor_files import CONVERT, as_float32, read_tensors, unwrapped, without_prefixes

# The header of files before torch 1.6: a magic number and a version, each pickled, in front of the content.
_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
# Calls whose results no tensor needs (numbers of numpy, states of optimisers): answered by an empty stand-in.
_NEEDLESS = {
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.dtype",
    "_codecs.encode",
    "collections.defaultdict",
    "functools.partial",
    "torch.Size",
    "torch.device",
}


def read_module_or_tensors(path: Path) -> dict[str, Shaped[Tensor, "..."]]:
    """The tensors of a file that holds a state dict or, plain or under "model" and the like, a whole pickled module."""
    try:
        return read_tensors(path)
    except HondoError as refused:
        if not isinstance(refused.__cause__, pickle.UnpicklingError):
            raise
    return read_module(path)


def read_module(path: Path) -> dict[str, Shaped[Tensor, "..."]]:
    """The tensors of a whole pickled module, by the keys of its state dict without "module."."""
    try:
        content, storages = _load(path)
        plans = dict(_plans(unwrapped(content, kinds=(Mapping, _StandIn))))
        tensors = {
            key: storages[plan.storage].as_strided(plan.size, plan.stride, plan.offset) for key, plan in plans.items()
        }
    except _Refused as error:
        raise HondoError(f"{path} asks to call {error}, which loading a model never needs; {CONVERT}") from error
    except (
        pickle.UnpicklingError, zipfile.BadZipFile, EOFError, OSError, ValueError, TypeError, KeyError,
        AttributeError, IndexError, RuntimeError, UnicodeDecodeError, RecursionError,
    ) as error:  # fmt: skip
        raise HondoError(f"{path} could not be read as a pickled module ({error}); {CONVERT}") from error
    if not tensors:
        raise HondoError(f"{path} holds no module with weights; {CONVERT}")
    return without_prefixes({key: as_float32(tensor) for key, tensor in tensors.items()})


class _Refused(Exception):
    """The file asks for a call that no module needs."""


class _StandInClass(type):
    """The type of stand-in classes: they can be made without arguments, as pickles of objects do, and not called."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.__qualname__ in _NEEDLESS:
            return object.__new__(cls)
        raise _Refused(cls.__qualname__)


class _StandIn(metaclass=_StandInClass):
    """In the place of an object of any class that a file names. Takes attributes and items, and does nothing."""

    def __new__(cls, *args: Any, **kwargs: Any) -> "_StandIn":
        return object.__new__(cls)

    def __setstate__(self, state: Any) -> None:
        attributes = state[0] if isinstance(state, tuple) and state else state
        if isinstance(attributes, dict):
            vars(self).update(attributes)

    def _take(self, *args: Any) -> None:
        """An item that the pickle puts in a list, a set or a dictionary of the class."""

    append = extend = add = __setitem__ = _take


class _TensorPlan(NamedTuple):
    """How a file describes a tensor: a view of one of its storages."""

    storage: str
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Resolves every name of a file to an entry of its own short table or to a stand-in, and never imports."""

    def __init__(self, file: BufferedIOBase | IO[bytes]) -> None:
        super().__init__(file, encoding="utf-8")
        self.dtypes: dict[str, torch.dtype] = {}  # of the storages met, by key
        # Made anew for every file: a pickle can set attributes of what it is handed.
        self._known: dict[str, Callable[..., Any]] = {
            "torch._utils._rebuild_tensor": lambda *args: _TensorPlan(*args[:4]),
            "torch._utils._rebuild_tensor_v2": lambda *args: _TensorPlan(*args[:4]),
            "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
            "torch._utils._rebuild_parameter_with_state": lambda tensor, *_: tensor,
            "collections.OrderedDict": lambda *items: OrderedDict(*items),
            "builtins.set": lambda *items: set(*items),
            "__builtin__.set": lambda *items: set(*items),
        }

    def find_class(self, module: str, name: str) -> Any:
        dtype = _DTYPES.get(name) if module in ("torch", "torch.cuda", "torch.storage") else None
        known = dtype or self._known.get(f"{module}.{name}")
        return known or _StandInClass(name, (_StandIn,), {"__qualname__": f"{module}.{name}"})

    def persistent_load(self, pid: Any) -> Any:
        kind, first, *rest = pid
        if kind == "module":  # older files keep the source code of a class beside it
            return first
        if kind != "storage" or not isinstance(first, torch.dtype) or any(part is not None for part in rest[3:]):
            raise pickle.UnpicklingError(f"it refers to {kind}, in a form that torch no longer writes")
        self.dtypes[str(rest[0])] = first
        return str(rest[0])


def _load(path: Path) -> tuple[Any, dict[str, Shaped[Tensor, "..."]]]:
    """What a file pickles, and its storages as flat tensors by key."""
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            file.seek(0)
            return _load_sequence(file)
    check_is_checkpoint(path)  # which bounds what the archive unpacks to
    with open_archive(path, name=str(path)) as archive:
        names = archive.namelist()
        root = next((name for name in names if name.endswith("data.pkl")), "data.pkl").removesuffix("data.pkl")
        if f"{root}constants.pkl" in names:
            raise pickle.UnpicklingError("it is a TorchScript program")
        if f"{root}byteorder" in names:
            _check_order(archive.read(f"{root}byteorder") == b"little")
        with archive.open(f"{root}data.pkl") as file:
            unpickler = _Unpickler(file)
            content = unpickler.load()
        dtypes = unpickler.dtypes.items()
        return content, {key: _flat(archive.read(f"{root}data/{key}"), dtype) for key, dtype in dtypes}


def _load_sequence(file: BufferedIOBase | IO[bytes]) -> tuple[Any, dict[str, Shaped[Tensor, "..."]]]:
    """The form before torch 1.6: header, content and keys, each pickled, then the storages in the order of the keys."""
    magic, protocol, system = (_Unpickler(file).load() for _ in range(3))
    if (magic, protocol) != (_MAGIC, _PROTOCOL):
        raise pickle.UnpicklingError("it has no header of torch")
    _check_order(system["little_endian"])
    unpickler = _Unpickler(file)
    content, keys = unpickler.load(), _Unpickler(file).load()
    storages = {}
    for key in keys:
        dtype, count = unpickler.dtypes[key], int.from_bytes(file.read(8), "little")
        storages[key] = _flat(file.read(count * dtype.itemsize), dtype)
    return content, storages


def _check_order(is_little: bool) -> None:
    if is_little != (sys.byteorder == "little"):
        raise pickle.UnpicklingError("its numbers have the byte order of another kind of machine")


def _flat(data: bytes, dtype: torch.dtype) -> Shaped[Tensor, " n"]:
    return torch.frombuffer(bytearray(data), dtype=dtype) if data else torch.empty(0, dtype=dtype)


def _plans(weights: Any, prefix: str = "") -> Iterator[tuple[str, "_TensorPlan"]]:
    """The tensors of a state dict, or of a module and those inside it, by the keys of its state dict."""
    if isinstance(weights, Mapping):
        yield from ((str(key), plan) for key, plan in weights.items() if isinstance(plan, _TensorPlan))
        return
    parts = vars(weights)
    fleeting = parts.get("_non_persistent_buffers_set") or ()
    for name, plan in {**parts.get("_parameters", {}), **parts.get("_buffers", {})}.items():
        if isinstance(plan, _TensorPlan) and name not in fleeting:
            yield f"{prefix}{name}", plan
    for name, child in parts.get("_modules", {}).items():
        if isinstance(child, _StandIn):
            yield from _plans(child, f"{prefix}{name}.")
