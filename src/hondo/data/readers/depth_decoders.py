"""Depth files of published data sets: stored numbers by decoder, and the depth in metres that they mean."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from hondo.core.errors import HondoError, MissingExtraError
from hondo.core.types import Camera, Size
from hondo.data.layouts.layout import Encoding
from hondo.images.file_header import DAMAGED, foreign_kind, open_pillow
from hondo.images.read import opened, read_depth

Map = Float[np.ndarray, "_ _"]

_DPT_TAG = 202021.25  # float32 at the start of Sintel's .dpt and .cam files
_ROTATED_BITS = 3  # SUN RGB-D stores (value << 3) | (value >> 13)


def read_stored(path: Path, encoding: Encoding, *, image_hw: Size) -> Map:
    """The stored numbers (h w) as float64, NaN where they are unknown."""
    values = DECODERS[encoding.decoder](path, encoding, image_hw).astype(np.float64)
    values[~np.isfinite(values)] = np.nan
    if encoding.invalid:
        values[np.isin(values, np.array(encoding.invalid))] = np.nan
    return values


def as_quantity(stored: Map, encoding: Encoding) -> Map:
    """(stored - subtract) / divide_by: depth, a length along the ray, a disparity or a relative inverse depth."""
    return (stored - encoding.subtract) / encoding.divide_by


def as_depth(
    values: Map, encoding: Encoding, *, camera: Camera | None = None, baseline: float | None = None, name: str = ""
) -> Map:
    """The quantity as depth [m], NaN where it is unknown; ``camera`` is that of the map, ``baseline`` in metres."""
    if encoding.quantity == "disparity":
        factor = encoding.baseline_focal
        if factor is None and camera is not None and baseline is not None:
            factor = camera.fx * baseline
        if factor is None:
            raise HondoError(f"{name}: disparity needs the baseline and the focal length of its calibration file")
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.where(values > 0, factor / values, np.nan)
    elif encoding.quantity == "ray length":
        if camera is None:
            raise HondoError(f"{name}: a distance along the ray needs intrinsics")
        values = values * along_axis(camera)
    return np.where(values > 0, values, np.nan)


def along_axis(camera: Camera) -> Map:
    """cos of the angle between each pixel's ray and the optical axis: depth = distance x this."""
    height, width = camera.size_hw
    x = (np.arange(width) + 0.5 - camera.cx) / camera.fx
    y = (np.arange(height) + 0.5 - camera.cy) / camera.fy
    return 1 / np.sqrt(1 + x[None] ** 2 + y[:, None] ** 2)


def _raster(path: Path, encoding: Encoding, image_hw: Size) -> Shaped[np.ndarray, "h w"]:
    return read_depth(path)


def _grey(path: Path, encoding: Encoding, image_hw: Size) -> Shaped[np.ndarray, "h w"]:
    """8 or 16 bits, where 0 is a value like others; colour files whose channels are alike count as grey."""
    with opened(path) as (file, name, start):
        if not start.startswith((b"\x89PNG", b"\xff\xd8")):
            raise _not_of_kind(file, name, "a PNG")
        try:
            pixels = np.asarray(open_pillow(file))
        except DAMAGED as error:
            raise HondoError(f"{name} is damaged: {error}; copy it again") from error
    if pixels.ndim == 3 and (pixels[..., :1] == pixels[..., :3]).all():
        pixels = pixels[..., 0]
    if pixels.ndim != 2:
        raise HondoError(f"{path} is a colour image, not a depth map")
    return pixels


def _rotated(path: Path, encoding: Encoding, image_hw: Size) -> Shaped[np.ndarray, "h w"]:
    stored = np.nan_to_num(read_depth(path)).astype(np.uint16)
    values = (stored >> _ROTATED_BITS) | (stored << (16 - _ROTATED_BITS))
    return np.where(values > 0, values, np.nan)


def _dpt(path: Path, encoding: Encoding, image_hw: Size) -> Shaped[np.ndarray, "h w"]:
    with opened(path) as (file, name, start):
        if np.frombuffer(start[:4].ljust(4, b"\0"), "<f4")[0] != np.float32(_DPT_TAG):
            raise _not_of_kind(file, name, "a .dpt file")
        width, height = np.frombuffer(file.read(12)[4:].ljust(8, b"\0"), "<i4").tolist()
        return _floats(file.read(), (height, width), name=name)


def _raw_float32(path: Path, encoding: Encoding, image_hw: Size) -> Shaped[np.ndarray, "h w"]:
    with opened(path) as (file, name, start):
        if start.startswith((b"\xff\xd8\xff", b"version ")):
            raise HondoError(
                f"{name} is an image or a pointer, not raw depth; unpack the depth archive, not the images"
            )
        return _floats(file.read(), image_hw, name=name)


def _floats(data: bytes, size_hw: Size, *, name: str) -> Shaped[np.ndarray, "h w"]:
    height, width = size_hw
    if height < 1 or width < 1 or len(data) != height * width * 4:
        raise HondoError(
            f"{name} holds {len(data)} bytes, not the {height * width * 4} of {width}x{height} floats; copy it again"
        )
    return np.frombuffer(data, "<f4").reshape(height, width)


def _hdf5(path: Path, encoding: Encoding, image_hw: Size) -> Shaped[np.ndarray, "h w"]:
    with open_hdf5(path) as file:
        return read_array(file, encoding.key, name=str(path))


def open_hdf5(path: Path) -> Any:
    """An HDF5 file (or MATLAB 7.3) for reading; what is none is refused with what it is."""
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("h5py", extra="data") from error
    with opened(path) as (file, name, _):
        try:
            return h5py.File(path, "r")
        except OSError as error:
            kind = foreign_kind(file) or "damaged"
            raise HondoError(f"{name} is no HDF5 file that can be read ({kind}); copy or download it again") from error


def read_array(file: Any, key: str, *, name: str) -> Shaped[np.ndarray, "..."]:
    """A whole array of an HDF5 file."""
    if key not in file:
        raise HondoError(f"{name} holds {', '.join(file) or 'nothing'}, and no array '{key}'; is it of this data set?")
    try:
        return file[key][()]
    except OSError as error:
        raise HondoError(f"{name} is damaged: {error}; copy or download it again") from error


def _mat5_last(path: Path, encoding: Encoding, image_hw: Size) -> Shaped[np.ndarray, "h w"]:
    array = read_mat5(path, encoding.key)
    if array.ndim != 3:
        raise HondoError(f"{path}: {encoding.key} has shape {array.shape}, expected (h w 4)")
    return array[..., -1]


def read_mat5(path: Path, key: str) -> Shaped[np.ndarray, "..."]:
    """One array of a MATLAB file up to version 7.2."""
    try:
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError
    except ImportError as error:
        raise MissingExtraError("scipy", extra="data") from error
    with opened(path) as (file, name, _):
        try:
            found = loadmat(io.BytesIO(file.read()), variable_names=[key])
        except (MatReadError, ValueError, TypeError, OSError, NotImplementedError, EOFError, IndexError) as error:
            kind = foreign_kind(file) or "damaged"
            raise HondoError(f"{name} is no MATLAB 5 file that can be read ({kind}): {error}") from error
    if key not in found:
        raise HondoError(f"{path} holds no array '{key}'; is it of this data set?")
    return found[key]


def _not_of_kind(file: Any, name: str, wanted: str) -> HondoError:
    return HondoError(f"{name} is not {wanted}, but {foreign_kind(file) or 'unknown data'}; download it again")


Decoder = Callable[[Path, Encoding, Size], Shaped[np.ndarray, "h w"]]

DECODERS: dict[str, Decoder] = {
    "raster": _raster,
    "grey": _grey,
    "rotated png16": _rotated,
    "dpt": _dpt,
    "raw float32": _raw_float32,
    "hdf5": _hdf5,
    "mat5 last": _mat5_last,
}
