"""OpenEXR depth maps: one part of scan lines, half, float or uint values, not compressed, RLE, ZIPS or ZIP.

OpenCV's wheels come without EXR. Written from the format's published layout (openexr.com, "OpenEXR File Layout").
"""

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Num

from hondo.core.errors import HondoError, warn
from hondo.core.types import Size
from hondo.images.file_header import BinaryFile

_TYPES = {0: "<u4", 1: "<f2", 2: "<f4"}
_LINES = {0: 1, 1: 1, 2: 1, 3: 16}  # compression -> lines a block: none, RLE, ZIPS, ZIP
_NAMES = {4: "PIZ", 5: "PXR24", 6: "B44", 7: "B44A", 8: "DWAA", 9: "DWAB"}
# A header, a name and the unpacked values of any depth map are smaller.
_MAX_HEADER, _MAX_NAME, _MAX_ATTRIBUTES, _MAX_CHANNELS, _MAX_BYTES = 2**20, 255, 1000, 256, 1.6e9
_DEPTH_NAMES = ("Z", "Y", "V", "depth", "R")  # last part of a channel's name, in this order


@dataclass(frozen=True, kw_only=True)
class ExrHeader:
    """Channels in file order (name, NumPy type), compression, data window size and where the block table starts."""

    channels: tuple[tuple[str, str], ...]
    compression: int
    size_hw: Size
    top: int
    table_at: int

    @property
    def pixel_bytes(self) -> int:
        """Of all channels of one pixel."""
        return sum(np.dtype(kind).itemsize for _, kind in self.channels)


def exr_size(file: BinaryFile, *, name: str) -> Size:
    """The (height, width) of an OpenEXR file, from its header."""
    return _read_header(file, name=name).size_hw


def read_exr(file: BinaryFile, *, name: str) -> Num[np.ndarray, "h w"]:
    """The depth channel (h w): that of a layer named depth, else Z, Y, V, depth, R, or the only one.

    Z beside X and Y is a part of a vector, and R beside other G and B a colour: neither is depth.
    """
    header = _read_header(file, name=name)
    chosen = _depth_channel(header)
    if chosen is not None and "disp" in chosen.lower():
        raise HondoError(f"{name} holds disparity ({chosen}), not depth; save focal length x baseline / disparity as Z")
    values = None if chosen is None else _read_channel(file, header, chosen, name=name)
    green = None if chosen is None else chosen.removesuffix("R") + "G"
    if chosen is not None and values is not None and chosen.endswith("R") and green in dict(header.channels):
        is_grey = np.array_equal(values, _read_channel(file, header, green, name=name), equal_nan=True)
        values = values if is_grey else None
    if values is None:
        found = ", ".join(label for label, _ in header.channels)
        raise HondoError(f"{name} has the channels {found} and none of depth; name it Z or Depth.V, or export it alone")
    if "." in str(chosen):
        warn(f"EXR: depth is read from the channel {chosen} (of {', '.join(label for label, _ in header.channels)})")
    return values


def _read_channel(file: BinaryFile, header: ExrHeader, chosen: str, *, name: str) -> Num[np.ndarray, "h w"]:
    height, width = header.size_hw
    lines = _LINES[header.compression]
    if height * width * header.pixel_bytes > _MAX_BYTES:
        raise HondoError(f"{name} unpacks to more than {_MAX_BYTES / 1e9:g} GB; export its depth alone")
    try:
        file.seek(header.table_at)
        starts = struct.unpack(f"<{-(-height // lines)}Q", file.read(8 * -(-height // lines)))
        values = np.empty((height, width), dtype=dict(header.channels)[chosen])
        is_filled = np.zeros(height, dtype=bool)
        for start in starts:
            file.seek(start)
            row, size = struct.unpack("<ii", file.read(8))
            first = row - header.top
            if not 0 <= first < height or first % lines or is_filled[first]:
                raise ValueError(f"a block states row {row}, which is outside or there already")
            count = min(lines, height - first)
            if not 0 <= size <= count * width * header.pixel_bytes:
                raise ValueError(f"a block of {size} bytes")
            block = _unpacked(file.read(size), header, rows=count)
            values[first : first + count] = _channel_rows(block, header, chosen, rows=count)
            is_filled[first : first + count] = True
    except (struct.error, zlib.error, ValueError, LookupError, OverflowError, MemoryError, OSError) as error:
        raise HondoError(f"{name} is a damaged or truncated EXR: {error}; export it again") from error
    if not is_filled.all():
        raise HondoError(f"{name} is a damaged EXR: {is_filled.sum()} of {height} rows are there; export it again")
    return values


def _read_header(file: BinaryFile, *, name: str) -> ExrHeader:
    file.seek(0)
    head = file.read(_MAX_HEADER)
    try:
        _, version = struct.unpack_from("<II", head)
        if version & 0x1A00:  # tiles, deep data, several parts
            raise HondoError(f"{name} is a tiled, deep or multi-part EXR; export it as one part of scan lines")
        found, table_at = _attributes(head, at=8)
        left, top, right, bottom = struct.unpack("<4i", found["dataWindow"])
        compression = found["compression"][0]
        channels = _channels(found["channels"], name=name)
    except HondoError:  # a ValueError itself, with its own remedy
        raise
    except (struct.error, LookupError, ValueError, OverflowError) as error:
        raise HondoError(f"{name} is a damaged EXR: its header ends early or never; export it again") from error
    if compression not in _LINES:
        method = _NAMES.get(compression, str(compression))
        raise HondoError(f"{name} is an EXR compressed with {method}; export it with ZIP or no compression")
    return ExrHeader(
        channels=channels,
        compression=compression,
        size_hw=(bottom - top + 1, right - left + 1),
        top=top,
        table_at=table_at,
    )


def _attributes(head: bytes, *, at: int) -> tuple[dict[str, bytes], int]:
    """The attributes by name, and the place behind the zero byte that ends them."""
    found: dict[str, bytes] = {}
    while head[at : at + 1] != b"\0":
        key, at = _string(head, at)
        _, at = _string(head, at)
        (length,) = struct.unpack_from("<i", head, at)
        if not 0 <= length <= len(head) - at - 4 or len(found) >= _MAX_ATTRIBUTES:
            raise ValueError(f"attribute {key} of {length} bytes")
        found[key], at = head[at + 4 : at + 4 + length], at + 4 + length
    return found, at + 1


def _channels(data: bytes, *, name: str) -> tuple[tuple[str, str], ...]:
    channels = []
    while data and data[0]:
        label, _, data = data.partition(b"\0")
        kind, _, step_x, step_y = struct.unpack("<iIii", data[:16])
        data = data[16:]
        if kind not in _TYPES or (step_x, step_y) != (1, 1):
            raise HondoError(f"{name} is an EXR with subsampled or unknown channels; export Z as float")
        channels.append((label.decode("latin-1"), _TYPES[kind]))
        if len(channels) > _MAX_CHANNELS:
            raise HondoError(f"{name} is an EXR of more than {_MAX_CHANNELS} channels; export its depth alone")
    return tuple(channels)


def _depth_channel(header: ExrHeader) -> str | None:
    labels = [label for label, _ in header.channels]
    known = {label.lower() for label in labels}
    usable = [label for label in labels if not _is_of_vector(label.lower(), known)]

    def rank(label: str) -> tuple[int, int]:
        parts = [part.lower() for part in label.split(".")]
        leaf = "depth" if "depth" in parts[-1] else parts[-1]
        names = [wanted.lower() for wanted in _DEPTH_NAMES]
        if leaf not in names:
            return 2, len(names)
        return 0 if "depth" in parts else 1 if any("depth" in part for part in parts) else 2, names.index(leaf)

    best = min(usable, key=rank, default=None)
    is_named = best is not None and rank(best) < (2, len(_DEPTH_NAMES))
    return best if is_named or len(labels) == 1 else None


def _is_of_vector(label: str, known: set[str]) -> bool:
    """A part of X, Y and Z of one layer, or of luminance and chroma."""
    layer, leaf = label[:-1], label[-1:]
    if leaf not in ("x", "y", "z") or (layer and not layer.endswith(".")):
        return False
    return {layer + "x", layer + "y", layer + "z"} <= known or (leaf == "y" and {layer + "ry", layer + "by"} <= known)


def _unpacked(data: bytes, header: ExrHeader, *, rows: int) -> bytes:
    """The plain bytes of a block, exactly as many as its rows have."""
    size = rows * header.size_hw[1] * header.pixel_bytes
    if header.compression == 0 or len(data) == size:  # a block that would grow is stored plain
        return data
    packed = _run_lengths(data, size) if header.compression == 1 else zlib.decompressobj().decompress(data, size + 1)
    if len(packed) != size:
        raise ValueError(f"a block does not unpack to {size} bytes")
    deltas = np.frombuffer(packed, dtype=np.uint8).astype(np.uint8)
    deltas[1:] -= 128  # the predictor: each byte is its difference to the last one, plus 128
    halves = np.cumsum(deltas, dtype=np.uint8)
    middle = (len(halves) + 1) // 2
    plain = np.empty_like(halves)
    plain[0::2], plain[1::2] = halves[:middle], halves[middle:]
    return plain.tobytes()


def _run_lengths(data: bytes, size: int) -> bytes:
    """Runs and literals as plain bytes; ends at the first one beyond ``size``."""
    out, at = bytearray(), 0
    while at < len(data) and len(out) <= size:
        count = struct.unpack_from("<b", data, at)[0]
        literal = data[at + 1 : at + 1 - count] if count < 0 else data[at + 1 : at + 2] * (count + 1)
        out += literal
        at += 1 - count if count < 0 else 2
    return bytes(out)


def _channel_rows(block: bytes, header: ExrHeader, chosen: str, *, rows: int) -> Num[np.ndarray, "rows w"]:
    """Rows of one channel: a row holds all of the first channel, then all of the second, and so on."""
    width = header.size_hw[1]
    place = [label for label, _ in header.channels].index(chosen)
    sizes = [width * np.dtype(kind).itemsize for _, kind in header.channels]
    row_bytes = np.frombuffer(block, dtype=np.uint8, count=rows * sum(sizes)).reshape(rows, sum(sizes))
    of_channel = row_bytes[:, sum(sizes[:place]) : sum(sizes[: place + 1])]
    return np.ascontiguousarray(of_channel).view(header.channels[place][1])


def _string(head: bytes, at: int) -> tuple[str, int]:
    """The text that a zero byte ends, and the place behind that."""
    end = head.index(b"\0", at, at + _MAX_NAME + 1)
    return head[at:end].decode("latin-1"), end + 1
