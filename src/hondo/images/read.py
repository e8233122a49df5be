"""The one reader of images and depth files, and the writer of images.

An image is always uint8 RGB (h w 3). What other kinds of file become:

- the EXIF orientation is applied; an animation or multi-page file gives its first image; colour profiles are ignored
- grey is repeated; 16 bit is divided by 257 and rounded; floats must lie in 0..1 and are multiplied by 255
- transparency (alpha channel, palette, PNG colour key) is laid on white
- CMYK becomes (255 - c)(255 - k) / 255, without a profile
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, Num, Shaped, UInt8
from PIL import Image

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, reason_of, unknown, warn
from hondo.core.types import Size
from hondo.images.file_header import (
    DAMAGED,
    ORIENTATION_TAG,
    BinaryFile,
    Header,
    UnknownFormatError,
    as_stored,
    check_size,
    open_pillow,
    read_header,
    tiff_tags,
    without_remarks,
)
from hondo.images.formats.exr import exr_size, read_exr
from hondo.images.formats.numpy_file import NPY, NPZ, read_numpy
from hondo.images.formats.pfm import pfm_header, read_pfm
from hondo.images.pixels import on_white, oriented, to_rgb8

IMAGE_SUFFIXES = frozenset(
    [".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo", ".webp", ".bmp", ".dib", ".tif", ".tiff",
     ".gif", ".ppm", ".pgm", ".pnm", ".pbm", ".avif"]
)  # fmt: skip
MAX_MEGAPIXELS = 100.0
_JPEG_QUALITY = 95
_PFM, _EXR = (b"PF", b"Pf"), b"\x76\x2f\x31\x01"
DEPTH_FORMATS = "16-bit grey PNG or TIFF, or floats as TIFF, PFM, EXR, NPY or NPZ"


def read_image(source: str | Path | bytes, *, max_megapixels: float = MAX_MEGAPIXELS) -> UInt8[np.ndarray, "h w 3"]:
    """An image file (or its bytes) as uint8 RGB (h w 3), upright; its size is checked before it is decoded."""
    with opened(source) as (file, name, start):
        if start.startswith(_PFM) and start[2:3].isspace():
            check_size(
                _float_header(pfm_header(file, name=name)[0], name=name, kind="PFM"), max_megapixels=max_megapixels
            )
            return to_rgb8(read_pfm(file, name=name), name=name)
        if start.startswith(_EXR) or start.startswith(NPY):
            raise HondoError(
                f"{name} holds numbers without a known white; convert it to PNG or JPEG to use it as an image"
            )
        header = read_header(file, name=name, max_megapixels=max_megapixels)
        pixels = _decode_rgb(as_stored(file, header), header)
        return pixels if header.orientation == 1 else oriented(pixels, header.orientation)


@contextmanager
def opened(source: str | Path | bytes) -> Iterator[tuple[BinaryFile, str, bytes]]:
    """The source as an open file, its name for messages and its first 8 bytes; refuses what is empty or not there."""
    if isinstance(source, bytes):
        if not source:
            raise HondoError("the image is empty (0 bytes)")
        yield io.BytesIO(source), f"image of {len(source)} bytes", source[:8]
        return
    path = Path(source)
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise HondoError(f"{path} does not exist; check the path") from error
    except IsADirectoryError as error:
        raise HondoError(f"{path} is a folder; give a file") from error
    except OSError as error:
        raise HondoError(f"{path} cannot be opened: {error.strerror or error}") from error
    with file:
        if not (start := file.read(8)):
            raise HondoError(f"{path} is empty (0 bytes); copy or download it again")
        file.seek(0)
        yield file, str(path), start


def image_size(source: str | Path | bytes) -> Size:
    """The (height, width) of an image as shown, from its header alone."""
    with opened(source) as (file, name, start):
        if start.startswith(_PFM) and start[2:3].isspace():
            return pfm_header(file, name=name)[0]
        return exr_size(file, name=name) if start.startswith(_EXR) else read_header(file, name=name).size_hw


def image_orientation(source: str | Path | bytes) -> int:
    """The EXIF orientation 1..8 by which ``read_image`` turns the stored pixels of a file."""
    with opened(source) as (file, name, start):
        return 1 if start.startswith((*_PFM, _EXR)) else read_header(file, name=name).orientation


def read_depth(
    source: str | Path | bytes,
    *,
    divide_by: float = 1.0,
    index: int | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
) -> Float32[np.ndarray, "h w"]:
    """A depth file as stored / divide_by, float32 (h w), NaN where unknown.

    Formats: PNG or TIFF of 16 bits (0 is unknown), float TIFF, PFM, EXR, NPY and NPZ (read exactly; not finite is
    unknown). ``index``: which map of an NPY or NPZ stack (n h w). Orientation tags are ignored: a depth map lies as
    it is stored. 8-bit and colour files are refused.
    """
    if not divide_by > 0:
        raise HondoError(f"divide_by must be positive, got {divide_by:g}")
    with opened(source) as (file, name, start):
        values = _depth_values(file, name=name, start=start, index=index, max_megapixels=max_megapixels)
    if values.ndim != 2:
        raise HondoError(f"{name} has shape {values.shape}; a depth file holds one value a pixel (h w)")
    return _divided(values, divide_by)


def _divided(values: Num[np.ndarray, "h w"], divide_by: float) -> Float32[np.ndarray, "h w"]:
    """values / divide_by, rounded once to float32; NaN where an integer is not positive, or the result not finite."""
    is_exact = values.dtype == np.uint16 and float(np.float32(divide_by)) == divide_by
    with np.errstate(over="ignore"):
        if is_exact:  # both are exact in float32, whose division rounds once: half the time
            depth = values.astype(np.float32) / np.float32(divide_by)
        else:
            depth = (values.astype(np.float64) / divide_by).astype(np.float32)
    depth[~np.isfinite(depth)] = np.nan
    if values.dtype.kind in "iu":
        depth[values <= 0] = np.nan
    return depth


def write_image(path: str | Path, rgb: UInt8[np.ndarray, "h w 3"]) -> Path:
    """Writes uint8 RGB by suffix (.png, .jpg, .webp, .bmp, .tif, .ppm), whole or not at all."""
    return atomic_write(path, encode_image(rgb, suffix=Path(path).suffix.lower()))


def encode_image(rgb: UInt8[np.ndarray, "h w 3"], *, suffix: str) -> bytes:
    """uint8 RGB as the bytes of a file of this suffix."""
    writable = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm"}
    if suffix not in writable:
        raise unknown("image suffix", suffix, writable)
    options = {".jpg": [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY], ".jpeg": [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]}
    _, data = cv2.imencode(suffix, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options.get(suffix, []))
    return data.tobytes()


def _decode_rgb(file: BinaryFile, header: Header) -> UInt8[np.ndarray, "h w 3"]:
    if header.mode == "other":
        return to_rgb8(_decode_opencv(file, header), name=header.name)
    try:
        image = open_pillow(file, name=header.name)
        with without_remarks():
            if header.format == "TIFF":
                image.getexif()[ORIENTATION_TAG] = 1  # else Pillow takes one from the XMP text
            image.load()
    except DAMAGED as error:
        raise HondoError(f"{header.name} is damaged or truncated: {error}; copy or export it again") from error
    if _lost_its_low_bytes(image, header):
        return to_rgb8(_decode_opencv(file, header), name=header.name)
    return pillow_rgb(image, format=header.format, name=header.name)


def pillow_rgb(
    image: Image.Image, *, format: str | None = None, name: str = "the PIL image"
) -> UInt8[np.ndarray, "h w 3"]:
    """The pixels of a PIL image by the rules of this module, as they lie; ``format``: of the file it came from."""
    if image.mode.startswith("I;16") or (image.mode == "I" and format in ("PNG", "PPM")):
        return to_rgb8(np.asarray(image).astype(np.uint16), name=name)
    if image.mode in ("I", "F"):
        return to_rgb8(np.asarray(image), name=name)
    if image.has_transparency_data:
        rgba = np.asarray(image.convert("RGBA"))
        return on_white(rgba[..., :3], rgba[..., 3], name=name)
    if image.mode == "LAB":
        raise HondoError(f"{name} is in Lab colours; convert it to RGB")
    return np.array(image.convert("RGB"))  # copies: writable


def _lost_its_low_bytes(image: Image.Image, header: Header) -> bool:
    """Pillow keeps only the high byte of 16-bit colours; a PNG colour key (which OpenCV loses) matters more."""
    is_deep = header.bits == 16 and header.format in ("PNG", "TIFF") and image.mode in ("RGB", "RGBA", "LA")
    return is_deep and "transparency" not in image.info


def _decode_opencv(file: BinaryFile, header: Header) -> Num[np.ndarray, "h w *c"]:
    file.seek(0)
    data = np.frombuffer(file.read(), dtype=np.uint8)
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError) as error:
        raise HondoError(f"{header.name} cannot be decoded: {reason_of(error)}") from error
    finally:
        cv2.utils.logging.setLogLevel(level)
    if pixels is None:
        raise HondoError(f"{header.name} is damaged or of an unknown kind; export it again as PNG")
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if header.channels not in (None, channels) or 8 * pixels.itemsize < header.bits:
        raise HondoError(
            f"{header.name} has {header.channels or channels} channels of {header.bits} bits, which cannot be read in "
            "full; save it as PNG"
        )
    if pixels.ndim == 3:
        pixels = pixels[..., [2, 1, 0, 3]] if pixels.shape[2] == 4 else pixels[..., ::-1]
    return pixels


def _depth_values(
    file: BinaryFile, *, name: str, start: bytes, index: int | None, max_megapixels: float
) -> Shaped[np.ndarray, "..."]:
    if start.startswith((NPY, NPZ)):
        return read_numpy(
            file,
            name=name,
            index=index,
            check=lambda size: check_size(_float_header(size, name=name, kind="NPY"), max_megapixels=max_megapixels),
        )
    if index is not None:
        raise HondoError(f"{name} holds one map; only an NPY or NPZ file may hold a stack of them")
    if start.startswith(_PFM) and start[2:3].isspace():
        check_size(_float_header(pfm_header(file, name=name)[0], name=name, kind="PFM"), max_megapixels=max_megapixels)
        return read_pfm(file, name=name)
    if start.startswith(_EXR):
        check_size(_float_header(exr_size(file, name=name), name=name, kind="EXR"), max_megapixels=max_megapixels)
        return read_exr(file, name=name)
    try:
        header = read_header(file, name=name, max_megapixels=max_megapixels)
    except UnknownFormatError as error:
        what = f"is {error.kind}, not a depth file" if error.kind else "is not a depth file hondo can read"
        raise HondoError(f"{name} {what}; give a {DEPTH_FORMATS}") from error
    return _read_grey(file, header)


def _read_grey(file: BinaryFile, header: Header) -> Num[np.ndarray, "h w *c"]:
    """The numbers of a single-channel image of 16 or more bits."""
    tags = tiff_tags(file, name=header.name)
    if tags is not None:
        if tags.has_more:
            warn(f"{header.name} holds several maps, of which the first is read; save one file for each")
        file = as_stored(file, header)
        if header.mode in ("other", "F"):
            return _decode_opencv(file, header)
    if header.bits < 16 or not header.mode.startswith(("I", "F")):
        raise HondoError(
            f"{header.name} is an image of {header.bits} bits ({header.mode}), not a depth file; give a {DEPTH_FORMATS}"
        )
    try:
        with without_remarks():
            return np.asarray(open_pillow(file, name=header.name))
    except DAMAGED as error:
        raise HondoError(f"{header.name} is damaged or truncated: {error}; copy or export it again") from error


def _float_header(size_hw: Size, *, name: str, kind: str) -> Header:
    return Header(name=name, format=kind, size_hw=size_hw, mode="F", bits=32)
