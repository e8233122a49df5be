"""Headers of image files: facts without decoding, and what a foreign file is."""

import io

import numpy as np
import pytest
from PIL import Image

from hondo.core.errors import HondoError
from hondo.images.file_header import (
    ORIENTATION_TAG,
    Header,
    UnknownFormatError,
    check_size,
    foreign_kind,
    read_header,
)
from hondo.images.read import opened


def encoded(image: Image.Image, format: str, **options) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, format, **options)
    file.seek(0)
    return file


def test_the_size_is_the_one_shown() -> None:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = 6  # turned by 90 degrees
    header = read_header(encoded(Image.new("RGB", (30, 20)), "JPEG", exif=exif), name="x")
    assert (header.size_hw, header.orientation, header.bits, header.format) == ((30, 20), 6, 8, "JPEG")


def test_the_bits_are_those_stored() -> None:
    depth = Image.fromarray(np.zeros((4, 5), np.uint16))
    assert read_header(encoded(depth, "PNG"), name="x").bits == 16


def test_a_foreign_file_is_named() -> None:
    file = io.BytesIO(b"%PDF-1.7 and more")
    assert foreign_kind(file) == "a PDF" and file.tell() == 0
    with pytest.raises(UnknownFormatError, match="a PDF"):
        read_header(file, name="x")


def test_refuses_images_beyond_the_limit_and_empty_sources() -> None:
    header = Header(name="x", format="PNG", size_hw=(2000, 1000), mode="RGB", bits=8)
    check_size(header, max_megapixels=2)
    with pytest.raises(HondoError, match="2 megapixels"):
        check_size(header, max_megapixels=1.9)
    with pytest.raises(HondoError, match="empty"), opened(b""):
        pass
