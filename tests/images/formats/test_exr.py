"""EXR depth, written here by FFmpeg: an implementation that is not ours."""

import struct
import time
import zlib
from fractions import Fraction

import av
import numpy as np
import pytest

from hondo.core.errors import HondoError, HondoWarning
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


def plain(channels: dict[str, np.ndarray], *, rows: list[int] | None = None) -> bytes:
    """An uncompressed float EXR; ``rows``: the row that each block states."""
    names = sorted(channels)
    height, width = channels[names[0]].shape

    def attribute(name: str, kind: str, data: bytes) -> bytes:
        return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(data)) + data

    listed = b"".join(name.encode() + b"\0" + struct.pack("<iIii", 2, 0, 1, 1) for name in names) + b"\0"
    head = struct.pack("<II", 20000630, 2) + attribute("channels", "chlist", listed)
    head += attribute("compression", "compression", b"\0")
    head += attribute("dataWindow", "box2i", struct.pack("<4i", 0, 0, width - 1, height - 1)) + b"\0"
    lines = [b"".join(channels[name][row].astype("<f4").tobytes() for name in names) for row in range(height)]
    block = 8 + len(lines[0])
    table = b"".join(struct.pack("<Q", len(head) + 8 * height + row * block) for row in range(height))
    stated = list(range(height)) if rows is None else rows
    return (
        head
        + table
        + b"".join(
            struct.pack("<ii", *pair) + line
            for pair, line in zip([(row, len(lines[0])) for row in stated], lines, strict=True)
        )
    )


DEPTH = np.arange(12, dtype=np.float32).reshape(3, 4) + 2
OTHER = np.full_like(DEPTH, 0.5)


@pytest.mark.parametrize(
    ("depth", "others"),
    [
        ("Depth.V", ["Normal.X", "Normal.Y", "Normal.Z"]),
        ("Depth.V", ["Position.X", "Position.Y", "Position.Z", "Combined.R"]),
        ("ViewLayer.Depth.Z", ["ViewLayer.Normal.X", "ViewLayer.Normal.Y", "ViewLayer.Normal.Z", "ViewLayer.Mist.Z"]),
        ("Depth.R", ["Color.R", "Color.G", "Color.B"]),
        ("View.Depth.Z", ["View.Denoising Depth.Z"]),
    ],
)
def test_the_layer_named_depth_is_read_and_said(depth: str, others: list[str]) -> None:
    data = plain({depth: DEPTH, **dict.fromkeys(others, OTHER)})
    with pytest.warns(HondoWarning, match=f"read from the channel {depth} "):
        np.testing.assert_array_equal(read_depth(data), DEPTH)


@pytest.mark.parametrize(("depth", "others"), [("Z", "RGBA"), ("Z", "XV"), ("V", "XYZ"), ("Y", "A"), ("depth", "UV")])
def test_plain_channels(depth: str, others: str) -> None:
    np.testing.assert_array_equal(read_depth(plain({depth: DEPTH, **dict.fromkeys(others, OTHER)})), DEPTH)


def test_grey_stored_three_times() -> None:
    np.testing.assert_array_equal(read_depth(plain(dict.fromkeys("RGB", DEPTH))), DEPTH)


@pytest.mark.parametrize("names", [("Normal.X", "Normal.Y", "Normal.Z"), ("X", "Y", "Z"), ("Y", "RY", "BY"), "RGB"])
def test_vectors_and_colours_are_no_depth(names: tuple[str, ...]) -> None:
    values = [DEPTH, OTHER, OTHER]
    with pytest.raises(HondoError, match="none of depth"):
        read_depth(plain(dict(zip(names, values, strict=True))))


@pytest.mark.parametrize("rows", [[0, 0, 2], [0, 1, -1], [0, 1, 3]])
def test_a_row_named_twice_or_outside_is_damage(rows: list[int]) -> None:
    with pytest.raises(HondoError, match="damaged"):
        read_depth(plain({"Z": DEPTH}, rows=rows))


def test_disparity_is_no_depth() -> None:
    with pytest.raises(HondoError, match=r"holds disparity \(Disparity.V\), not depth"):
        read_depth(plain({"Disparity.V": OTHER}))


def zipped_block(packed: bytes, *, compression: int = 3, size_hw: tuple[int, int] = (16, 31)) -> bytes:
    """An EXR of one block with these packed bytes."""
    data = plain({"Z": np.zeros(size_hw, np.float32)})
    head = data[: data.index(b"dataWindow")].replace(
        b"compression\0compression\0\1\0\0\0\0", b"compression\0compression\0\1\0\0\0" + bytes([compression])
    )
    window = data[data.index(b"dataWindow") : data.index(b"dataWindow") + 11 + 6 + 4 + 16] + b"\0"
    start = len(head) + len(window) + 8
    return head + window + struct.pack("<Qii", start, 0, len(packed)) + packed


@pytest.mark.parametrize("compression", [1, 3])
def test_a_block_unpacks_to_its_rows_or_is_refused(compression: int) -> None:
    rows = 1 if compression == 1 else 16
    bomb = b"\x7f\0" * 8 if compression == 1 else zlib.compress(bytes(1_000_000), 9)
    with pytest.raises(HondoError, match="damaged or truncated EXR: a block does not unpack to"):
        read_depth(zipped_block(bomb, compression=compression, size_hw=(rows, 31)))
    with pytest.raises(HondoError, match="damaged or truncated EXR: a block of"):
        read_depth(zipped_block(bytes(rows * 31 * 4 + 1), compression=compression, size_hw=(rows, 31)))


@pytest.mark.parametrize(
    "head",
    [
        b"a" * 3_000_000,
        b"".join(b"k%d\0t\0\0\0\0\0" % n for n in range(100_000)),
        b"k\0t\0\xff\xff\xff\x7f",
        b"k\0t\0\xff\xff\xff\xff",
    ],
    ids=["no end", "many attributes", "long attribute", "negative length"],
)  # fmt: skip
def test_endless_headers_are_refused_at_once(head: bytes) -> None:
    start = time.process_time()
    with pytest.raises(HondoError, match="its header ends early or never"):
        image_size(struct.pack("<II", 20000630, 2) + head)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("offset", [2**63 - 1, 2**63, 2**64 - 1, 2**40])
def test_blocks_far_away_are_damage(offset: int) -> None:
    data = plain({"Z": DEPTH})
    table = data.index(struct.pack("<Q", len(data) - 3 * (8 + 16)))
    with pytest.raises(HondoError, match="damaged or truncated EXR"):
        read_depth(data[:table] + struct.pack("<Q", offset) + data[table + 8 :])


def test_rows_that_come_twice_are_refused() -> None:
    with pytest.raises(HondoError, match="outside or there already"):
        read_depth(plain({"Z": DEPTH}, rows=[0, 1, 1]))


def test_a_size_that_would_fill_the_memory_is_refused() -> None:
    channels = {f"c{number}": np.zeros((2, 2), np.float32) for number in range(20)} | {"Z": DEPTH[:2, :2]}
    data = plain(channels)
    huge = data.replace(struct.pack("<4i", 0, 0, 1, 1), struct.pack("<4i", 0, 0, 9999, 9999))
    with pytest.raises(HondoError, match=r"unpacks to more than 1\.6 GB"):
        read_depth(huge)
