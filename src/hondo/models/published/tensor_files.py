"""Opens the authors' files: tensors only, so nothing that a file holds is ever run."""

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.models.published.published import ForeignFileError

# Under these keys training scripts keep the weights of a checkpoint that holds more than weights.
WRAPPERS = ("state_dict", "model_state_dict", "model")
PREFIX = "module."  # of weights saved from (Distributed)DataParallel


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of one .pt, .pth or .pth.tar file on the CPU, by the authors' keys without "module."."""
    entries = read_entries(path)
    tensors = {key: value for key, value in entries.items() if isinstance(value, Tensor)}
    if not tensors:
        raise HondoError(f"{path} holds no weights: none of its {len(entries)} entries is a tensor")
    return tensors


def read_entries(path: Path) -> dict[str, Any]:
    """Everything that the weights' dictionary of a file holds: tensors, and numbers such as the trained size."""
    loaded = _load(path)
    for wrapper in WRAPPERS:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(wrapper), Mapping):
            loaded = loaded[wrapper]
            break
    if not isinstance(loaded, Mapping):
        raise HondoError(f"{path} holds a {type(loaded).__name__}, not a dictionary of tensors; {CONVERT}")
    return {str(key).removeprefix(PREFIX): value for key, value in loaded.items()}


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


def _load(path: Path) -> Any:
    if path.is_dir():
        raise ForeignFileError(f"{path} is a folder; give the checkpoint file inside it")
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
