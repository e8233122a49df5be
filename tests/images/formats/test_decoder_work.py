"""Files whose decoding would take long for their size are refused at once."""

import io
import struct
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from hondo.core.errors import HondoError
from hondo.images.depth_file import read_png16
from hondo.images.read import image_size, read_depth, read_image
from tests.images.tiff_writer import tiff


def progressive_jpeg(scans: int, *, side: int = 2000) -> bytes:
    """A grey JPEG with a scan for the means and ``scans`` copies of an empty one."""
    file = io.BytesIO()
    Image.new("L", (side, side)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + b"\xff\xd9"


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*between: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(4 * 9)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(between) + pixels + chunk(b"IEND", b"")


def many_tags() -> bytes:
    """A TIFF of 900 tags that all name the same megabyte."""
    entries = b"".join(struct.pack("<HHII", 40000 + n, 7, 1_000_000, 20_000) for n in range(900))
    return b"II*\0" + struct.pack("<IH", 8, 900) + entries + bytes(1_100_000)


BOMBS: dict[str, Callable[[], bytes]] = {
    "JPEG scans": lambda: progressive_jpeg(400),
    "JPEG scans of a large image": lambda: progressive_jpeg(70, side=5000),
    "TIFF strips": lambda: tiff(np.zeros((4, 4), np.uint8), strips=1_000_000),
    "TIFF tags": many_tags,
    "PNG chunks": lambda: png(chunk(b"tESt", b"") * 300_000),
    "PPM blanks": lambda: b"P6" + b" " * 19_000_000 + b"2 2 255\n" + bytes(12),
    "PPM blanks at the end": lambda: b"P6 2 2" + b" " * 19_000_000 + b"255\n" + bytes(12),
    "PPM comment": lambda: b"P6\n#" + b"a" * 19_000_000 + b"\n2 2 255\n" + bytes(12),
    "PPM of text": lambda: b"P3\n3000 1000\n255\n" + b"1 " * 9_000_000,
    "run-length BMP": lambda: (
        b"BM" + bytes(8) + struct.pack("<IIiiHHI", 54, 40, 2000, 2000, 1, 8, 1) + bytes(5_000_000)
    ),
    "PNG profile": lambda: png(chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(20_000_000)))),
    "PNG text": lambda: png(chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(20_000_000)))),
}  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_are_refused_at_once(kind: str) -> None:
    data = BOMBS[kind]()
    start = time.process_time()
    with pytest.raises(HondoError):
        read_image(data)
    assert time.process_time() - start < 0.5


def test_large_images_and_ordinary_headers_pass() -> None:
    assert read_image(progressive_jpeg(2)).shape == (2000, 2000, 3)
    for head in (b"P6 # a\n# b\n 3 2\n# c\n255\n", b"P6\n3\t2 255 "):
        assert read_image(head + bytes(18)).shape == (2, 3, 3)
    assert read_image(b"P4 3 2\n" + bytes(2)).shape == (2, 3, 3)
    assert image_size(tiff(np.zeros((4, 5), np.uint8))) == (4, 5)


@pytest.mark.parametrize(
    "text",
    [b"{", b"[" * 60_000, b"[1]", b"null", b'{"kind":"x"}', b'{"kind":"metric_depth","factor":0,"offset":0,"unit":"m"}',
     b'{"kind":"metric_depth","factor":"a","offset":[],"unit":7}', b'{"kind":"metric_depth"}',
     b'{"kind":"metric_depth","factor":' + b"1" * 5000 + b',"offset":0,"unit":"m"}'],
)  # fmt: skip
def test_a_damaged_scale_inside_a_png_is_named(tmp_path, text: bytes) -> None:
    path = tmp_path / "depth.png"
    path.write_bytes(png(chunk(b"tEXt", b"hondo\0" + text)))
    with pytest.raises(HondoError, match=r"depth\.png"):
        read_png16(path)


def test_a_numpy_header_of_signs_is_damage() -> None:
    text = b"{'descr':'<f4','fortran_order':False,'shape':(" + b"-" * 9000 + b"1,1)}\n"
    with pytest.raises(HondoError, match="damaged NumPy file"):
        read_depth(b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text)
