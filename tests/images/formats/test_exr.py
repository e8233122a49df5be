"""EXR depth, written here by FFmpeg: an implementation that is not ours."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.images.read import image_size, read_depth, read_image


def exr(values: np.ndarray, *, compression: str, kind: str = "float") -> bytes:
    codec = av.CodecContext.create("exr", "w")
    codec.height, codec.width = values.shape
    codec.pix_fmt, codec.time_base = "grayf32le", Fraction(1)
    codec.options = {"compression": compression, "format": kind}
    frame = av.VideoFrame.from_ndarray(values, format="grayf32le")
    return b"".join(bytes(packet) for packet in codec.encode(frame) + codec.encode(None))


@pytest.fixture
def values() -> np.ndarray:
    values = np.random.default_rng(0).random((37, 21), dtype=np.float32) * 80
    values[5:20] = 3.25  # long runs
    return values


@pytest.mark.parametrize("compression", ["none", "rle", "zip1", "zip16"])
def test_floats_are_exact(values: np.ndarray, compression: str) -> None:
    data = exr(values, compression=compression)
    np.testing.assert_array_equal(read_depth(data), values)
    assert image_size(data) == (37, 21)


def test_half_floats(values: np.ndarray) -> None:
    half = values.astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(read_depth(exr(half, compression="zip16", kind="half")), half)


def test_refusals(values: np.ndarray) -> None:
    data = exr(values, compression="zip16")
    for length in np.linspace(5, len(data) - 1, 40).astype(int):
        with pytest.raises(HondoError):
            read_depth(data[:length])
    with pytest.raises(HondoError, match="compressed with PIZ"):
        read_depth(data.replace(b"compression\0compression\0\1\0\0\0\3", b"compression\0compression\0\1\0\0\0\4"))
    with pytest.raises(HondoError, match="tiled, deep or multi-part"):
        read_depth(data[:5] + b"\2" + data[6:])
    table = next(at for at in range(len(data)) if data[at : at + 8] == struct.pack("<Q", at + 3 * 8))  # of 3 blocks
    with pytest.raises(HondoError, match="damaged or truncated"):
        read_depth(data[:table] + b"\xff" * 8 + data[table + 8 :])  # the first block lies beyond any file
    with pytest.raises(HondoError, match="without a known white"):
        read_image(data)
