"""Opens the authors' files: tensors only, so nothing that a file holds is ever run."""

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Shaped
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.models.base.weights_file import check_is_checkpoint
from hondo.models.base.weights_file import read_tensors as read_safetensors
from hondo.models.published.huggingface_names import authors_names
from hondo.models.published.published import ForeignFileError

# Under these keys training scripts keep the weights of a checkpoint that holds more; the first found is taken.
WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model",
    "ema",
    "model_ema",
    "params_ema",
    "params",
    "net",
    "network",
    "weights",
)
MAX_NESTED = 4  # wrappers inside each other; a pickled dictionary may even hold itself
# Prefixes of (Distributed)DataParallel, torch.compile, Lightning modules and their like, where every tensor has them.
PREFIXES = ("module.", "_orig_mod.", "model.", "ema_model.")


def read_tensors(path: Path) -> dict[str, Shaped[Tensor, "..."]]:
    """The tensors of one .pt, .pth, .pth.tar, .bin or .safetensors file on the CPU in float32, by the authors' keys.

    Wrappers such as "state_dict" and prefixes that all keys share ("module.", "model.") are taken off.
    """
    entries = read_entries(path)
    tensors = {key: value for key, value in entries.items() if isinstance(value, Tensor)}
    if not tensors:
        raise HondoError(f"{path} holds no weights: none of its {len(entries)} entries is a tensor")
    return authors_names(tensors)


def read_entries(path: Path) -> dict[str, Any]:
    """Everything that the weights' dictionary of a file holds: tensors, and numbers such as the trained size."""
    loaded = unwrapped(_load(path))
    if not isinstance(loaded, Mapping):
        raise HondoError(f"{path} holds a {type(loaded).__name__}, not a dictionary of tensors; {CONVERT}")
    entries = {str(key): as_float32(value) for key, value in loaded.items()}
    return without_prefixes(entries)


def part(path: Path, name: str) -> Path:
    """A file of a model that is published as a folder of files."""
    if not path.is_dir():
        raise ForeignFileError(f"{path} must be the folder that holds {name} and its companions")
    if not (path / name).is_file():
        raise HondoError(f"{path} has no file {name}; give the folder as the authors publish it")
    return path / name


CONVERT = (
    "where its authors' code is at hand, save the weights alone: torch.save(model.state_dict(), 'weights.pt'), "
    "and give that file"
)


def unwrapped(content: Any, *, kinds: tuple[type, ...] = (Mapping,)) -> Any:
    """What a checkpoint keeps under ``WRAPPERS``, which may be nested. ``kinds``: what counts as weights there."""
    for _ in range(MAX_NESTED):
        wrapped = (content.get(key) for key in WRAPPERS) if isinstance(content, Mapping) else ()
        content = next((each for each in wrapped if isinstance(each, kinds)), content)
    return content


def without_prefixes(entries: dict[str, Any]) -> dict[str, Any]:
    """Prefixes that all tensors share are taken off, as often as they occur."""
    tensors = [key for key, value in entries.items() if isinstance(value, Tensor)]
    while prefix := next((p for p in PREFIXES if tensors and all(key.startswith(p) for key in tensors)), None):
        tensors = [key.removeprefix(prefix) for key in tensors]
        entries = {key.removeprefix(prefix): value for key, value in entries.items()}
    return entries


def as_float32(value: Any) -> Any:
    """A floating-point tensor as float32; anything else as it is."""
    return value.float() if isinstance(value, Tensor) and value.is_floating_point() else value


def _load(path: Path) -> Any:
    if path.is_dir():
        raise ForeignFileError(f"{path} is a folder; give the checkpoint file inside it")
    if not path.is_file():
        raise HondoError(f"{path} does not exist")
    if path.suffix == ".safetensors":
        return read_safetensors(path)
    check_is_checkpoint(path)
    try:
        with torch.serialization.safe_globals(_numpy_numbers()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise HondoError(f"{path} holds more than tensors, and loading that would run code; {CONVERT}") from error
    except (EOFError, RuntimeError, zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError) as error:
        raise HondoError(f"{path} is truncated or no PyTorch checkpoint; copy or download it again") from error
    except OSError as error:  # torch gives one for some cut files too
        raise HondoError(f"{path} cannot be read ({error.strerror}); if it is truncated, copy it again") from error


def _numpy_numbers() -> list[Any]:
    """What pickled numbers of NumPy name: training scripts store ranges and scores so. Plain data, none of it runs."""
    number = np.float64(0).__reduce__()[0]
    old_and_new = ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar")
    return [np.dtype, *{type(np.dtype(kind)) for kind in "?bBhHiIlLqQefd"}, *((number, name) for name in old_and_new)]
