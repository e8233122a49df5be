"""Depth maps in NumPy's files: NPY, and NPZ with one array of depth; a stack (n h w) gives one map by its index."""

import math
import warnings
import zipfile
import zlib
from collections.abc import Callable
from contextlib import contextmanager
from tokenize import TokenError
from typing import Any

import numpy as np
from jaxtyping import Num

from hondo.core.errors import HondoError
from hondo.core.integrity.archive import open_archive
from hondo.core.types import Size
from hondo.images.file_header import DAMAGED, BinaryFile

NPY, NPZ = b"\x93NUMPY", b"PK\x03\x04"
_NAMES = ("depth", "depth_map", "depths", "depth_pred", "prediction", "pred", "arr_0", "data")  # of the array in an NPZ


def read_numpy(
    file: BinaryFile, *, name: str, index: int | None = None, check: Callable[[Size], None] = lambda size_hw: None
) -> Num[np.ndarray, "h w"]:
    """The map (h w) of an array with sides of 1 left out; ``index`` chooses one of a stack. ``check`` sees its size."""
    with _array_file(file, name=name) as (array, name), _damage_named(name):
        shape, is_fortran, kind = _header(array)
        sides = tuple(side for side in shape if side != 1) if len(shape) != 2 else shape
        if len(sides) == 3 and index is None:
            raise HondoError(
                f"{name} holds a stack of shape {shape}; a depth file holds numbers (h w): save one file for each map, "
                "or give a stack of as many maps as images as depth of the data set 'frames'"
            )
        if kind.kind not in "fiu" or len(sides) != (2 if index is None else 3):
            raise HondoError(f"{name} holds {kind} of shape {shape}; a depth file holds numbers (h w)")
        if index is not None and index >= sides[0]:
            raise HondoError(f"{name} holds {sides[0]} maps; there is none of index {index}")
        size = (sides[-2], sides[-1])
        check(size)
        skipped = 0 if index is None else index * math.prod(size)
        if is_fortran and index is not None:
            raise HondoError(f"{name} is in Fortran order; save the stack with numpy.ascontiguousarray")
        array.seek(array.tell() + skipped * kind.itemsize)
        data = array.read(math.prod(size) * kind.itemsize)
        values = np.frombuffer(data, dtype=kind, count=math.prod(size))
        return values.reshape(size, order="F" if is_fortran else "C").copy()


def stack_length(file: BinaryFile, *, name: str) -> int:
    """How many maps the file holds: n of a stack (n h w), else 1."""
    with _array_file(file, name=name) as (array, name), _damage_named(name):
        shape = [side for side in _header(array)[0] if side != 1]
        return shape[0] if len(shape) == 3 else 1


@contextmanager
def _array_file(file: BinaryFile, *, name: str) -> Any:
    """The NPY file itself, or the one of depth inside an NPZ archive, and its name."""
    file.seek(0)
    is_npz = file.read(4) == NPZ
    file.seek(0)
    if not is_npz:
        yield file, name
        return
    with open_archive(file, name=name) as archive:
        arrays = [entry.removesuffix(".npy") for entry in archive.namelist() if entry.endswith(".npy")]
        chosen = arrays[0] if len(arrays) == 1 else next((known for known in _NAMES if known in arrays), None)
        if chosen is None:
            kept = ", ".join(arrays[:20]) or "no arrays"
            raise HondoError(f"{name} holds {kept}; name the one with depth 'depth' (numpy.savez(file, depth=...))")
        with archive.open(f"{chosen}.npy") as array:
            yield array, f"{name} ({chosen})"


def _header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Reading `.npy`")  # files of Python 2 are read, if slowly
        version = np.lib.format.read_magic(file)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return reader(file)


@contextmanager
def _damage_named(name: str) -> Any:
    try:
        yield
    except HondoError:
        raise
    except (*DAMAGED, TokenError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise HondoError(f"{name} is a damaged NumPy file: {error}; save it again with numpy.save") from error
