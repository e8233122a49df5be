"""The header of an image file, read without decoding pixels: format, size, orientation, bits."""

import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path

from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.images.formats.decoder_work import check_scans, check_work
from hondo.images.formats.tiff_tags import STARTS as TIFF_STARTS
from hondo.images.formats.tiff_tags import BinaryFile, TiffTags, read_tags, without_orientation

FORMATS = (
    "JPEG",
    "MPO",
    "PNG",
    "WEBP",
    "BMP",
    "DIB",
    "TIFF",
    "GIF",
    "PPM",
    "AVIF",
)  # JPEG 2000 hides that a file is cut off
ORIENTATION_TAG = 0x0112  # EXIF 2.3, table 4
_EXIF_IFD, _FOCAL_LENGTH_35MM_TAG = 0x8769, 0xA405  # EXIF 2.3, table 8
# What Pillow raises on damaged files, found by fuzzing its decoders.
DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError, RuntimeError, struct.error,
    MemoryError, AttributeError, ZeroDivisionError, AssertionError,
)  # fmt: skip

_pillow_limit = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Header:
    """The facts of an image file; ``size_hw`` is the size as shown, after the EXIF orientation."""

    name: str
    format: str
    size_hw: Size
    mode: str  # Pillow's mode, or "other"
    bits: int  # per channel, as stored
    channels: int | None = None  # as stored, of a TIFF
    orientation: int = 1  # EXIF 1..8, still to be applied to the decoded pixels


class UnknownFormatError(HondoError):
    """A file that is no image; ``kind`` says what its first bytes are."""

    def __init__(self, name: str, *, kind: str) -> None:
        super().__init__(
            f"{name} is not an image hondo can read{f' ({kind})' if kind else ''}; give one of {', '.join(FORMATS)}"
        )
        self.kind = kind


# First bytes (from the given place on) of files that are taken for images or depth maps.
_KINDS = (
    (4, b"ftypheic", "a HEIC image"),
    (4, b"ftypheix", "a HEIC image"),
    (4, b"ftypmif1", "a HEIC image"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (0, b"version https://git-lfs", "a Git LFS pointer (fetch the file itself with git lfs pull)"),
    (0, b"\x89HDF", "HDF5 data"),
    (0, b"MATLAB", "MATLAB data"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"%PDF", "a PDF"),
    (0, b"<", "a web page or XML"),
)


def foreign_kind(file: BinaryFile) -> str:
    """What a file that is no image is by its first bytes; nothing where they are not known."""
    file.seek(0)
    start = file.read(64)
    file.seek(0)
    return next((kind for at, mark, kind in _KINDS if start[at:].startswith(mark)), "")


@contextmanager
def without_remarks() -> Iterator[None]:
    """Pillow warns of damaged EXIF and the like, which does not matter: damaged pixels are errors."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield


def open_pillow(file: BinaryFile, *, name: str = "the image") -> Image.Image:
    """Opens the header with Pillow, if decoding can be no endless work.

    Its own size limit is lifted for the moment: ours replaces it (``check_size``).
    """
    check_work(file, name=name)
    formats = [name for name in FORMATS if name in _known_formats()]
    with _pillow_limit, without_remarks():
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(file, formats=formats)
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def frame_count(image: Image.Image) -> int:
    """How many images an open file holds: 1, or the frames of an animation or the pages of a TIFF."""
    with without_remarks():
        return int(getattr(image, "n_frames", 1))


def read_header(file: BinaryFile, *, name: str, max_megapixels: float = inf) -> Header:
    """The header of an image that Pillow knows, or of a TIFF that it cannot decode (float or 64-bit colours).

    Empty images and ones above the limit are refused, before memory is spent on them.
    """
    header = _any_header(file, name=name)
    check_size(header, max_megapixels=max_megapixels)
    if header.format in ("JPEG", "MPO") and max_megapixels < inf:
        check_scans(file, megapixels=header.size_hw[0] * header.size_hw[1] / 1e6, name=name)
    return header


def tiff_tags(file: BinaryFile, *, name: str) -> TiffTags | None:
    """The tags of a TIFF that is at its start; None for other formats."""
    file.seek(0)
    is_tiff = file.read(4) in TIFF_STARTS
    tags = read_tags(file, name=name) if is_tiff else None
    file.seek(0)
    return tags


def as_stored(file: BinaryFile, header: Header) -> BinaryFile:
    """The file as decoders get it: they leave the pixels as they lie, and ``images/read`` turns them once."""
    tags = tiff_tags(file, name=header.name)
    return file if tags is None else without_orientation(file, tags)


def _any_header(file: BinaryFile, *, name: str) -> Header:
    try:
        image = open_pillow(file, name=name)
        return _pillow_header(image, file, name=name)
    except UnidentifiedImageError as error:
        tags = tiff_tags(file, name=name)
        if tags is not None:
            return _tiff_header(file, tags, name=name)
        raise UnknownFormatError(name, kind=foreign_kind(file)) from error
    except HondoError:
        raise
    except DAMAGED as error:
        raise HondoError(f"{name} is damaged: {error}; copy or export it again") from error
    finally:
        file.seek(0)


def check_size(header: Header, *, max_megapixels: float) -> None:
    """Refuses empty images and ones above the limit, before memory is spent on them."""
    height, width = header.size_hw
    if height < 1 or width < 1:
        raise HondoError(f"{header.name} has no pixels ({width}x{height})")
    if height * width > max_megapixels * 1e6:
        raise HondoError(
            f"{header.name} is {width}x{height} = {height * width / 1e6:.4g} megapixels, over the limit of "
            f"{max_megapixels:g}; make it smaller or raise max_megapixels",
            field="max_megapixels",
        )


def _known_formats() -> frozenset[str]:
    Image.init()
    return frozenset(Image.OPEN)


def _pillow_header(image: Image.Image, file: BinaryFile, *, name: str) -> Header:
    width, height = image.size
    bits = _bits(image, file)
    tags = tiff_tags(file, name=name)
    orientation = _orientation(image, file) if tags is None else tags.orientation
    # Pillow reports the size of an oriented TIFF as it is shown, of every other format as it is stored.
    size = (width, height) if orientation >= 5 and tags is None else (height, width)
    return Header(
        name=name, format=image.format or "", size_hw=size, mode=image.mode, bits=bits, orientation=orientation,
        channels=None if tags is None else tags.channels,
    )  # fmt: skip


def _orientation(image: Image.Image, file: BinaryFile) -> int:
    with without_remarks():
        if image.format == "PNG":
            image.info.setdefault("exif", _png_exif(file))
            exif = Image.Image.getexif(image)  # the one of PngImageFile decodes every pixel first
        else:
            exif = image.getexif()
        value = exif.get(ORIENTATION_TAG, 1)
    return value if value in range(1, 9) else 1


def focal_length_35mm(source: str | Path) -> float | None:
    """The focal length that EXIF states for 35 mm film, in mm; None where it does not."""
    try:
        with Path(source).open("rb") as file, without_remarks():
            value = float(open_pillow(file).getexif().get_ifd(_EXIF_IFD).get(_FOCAL_LENGTH_35MM_TAG, 0))
    except DAMAGED:
        return None
    return value if value > 0 else None


def _png_exif(file: BinaryFile) -> bytes | None:
    """The eXIf chunk, which may stand behind the pixels: chunks are skipped by their lengths."""
    file.seek(8)
    while len(head := file.read(8)) == 8 and head[4:] != b"IEND":
        length = int.from_bytes(head[:4], "big")
        if head[4:] == b"eXIf":
            return file.read(length)
        file.seek(length + 4, 1)  # and its checksum
    return None


def _bits(image: Image.Image, file: BinaryFile) -> int:
    if image.format == "PNG":
        file.seek(24)  # IHDR: length, type, width, height, then the bit depth
        return file.read(1)[0]
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return max(image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (1,)))
    return {"I": 32, "F": 32}.get(image.mode, 16 if image.mode.startswith("I;16") else 8)


def _tiff_header(file: BinaryFile, tags: TiffTags, *, name: str) -> Header:
    try:
        with without_remarks():
            stated = TiffImagePlugin.ImageFileDirectory_v2(file.read(8))
            file.seek(stated.next)
            stated.load(file)
            size = (int(stated[TiffImagePlugin.IMAGELENGTH]), int(stated[TiffImagePlugin.IMAGEWIDTH]))
            bits = max(stated.get(TiffImagePlugin.BITSPERSAMPLE, (1,)))
    except DAMAGED as error:
        raise HondoError(f"{name} is a damaged TIFF: {error}; export it again") from error
    shown = (size[1], size[0]) if tags.orientation >= 5 else size
    return Header(
        name=name, format="TIFF", size_hw=shown, mode="other", bits=bits, orientation=tags.orientation,
        channels=tags.channels,
    )  # fmt: skip
