"""Files whose headers promise far more than their bytes hold: each is refused at once, in little memory.

python benchmarks/campaigns/bombs.py --json
"""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
from campaign import Options, Tally, in_child, main
from PIL import Image

from hondo.core.errors import HondoError
from hondo.images.read import image_size, read_depth, read_image

MAX_CPU_S, MAX_MB = 0.5, 100.0
Maker = Callable[[np.random.Generator], bytes]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png(width: int, height: int, *between: bytes, depth: int = 8, kind: int = 0, data: bytes = b"x") -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(between) + _chunk(b"IDAT", zlib.compress(data)) + _chunk(b"IEND", b"")


def _side(rng: np.random.Generator) -> int:
    return int(rng.integers(11_000, 2**31))


def _zeros(rng: np.random.Generator) -> bytes:
    """Millions of zeros, packed."""
    return zlib.compress(bytes(int(rng.integers(2e6, 3e7))))


def _bmp(width: int, height: int, *, kind: int) -> bytes:
    return b"BM" + bytes(8) + struct.pack("<IIiiHHI", 54, 40, width, height, 1, 8, kind) + bytes(20)


def _jpeg_size(rng: np.random.Generator) -> bytes:
    Image.new("RGB", (16, 16)).save(file := io.BytesIO(), "JPEG")
    content = bytearray(file.getvalue())
    place = content.index(b"\xff\xc0")
    content[place + 5 : place + 9] = struct.pack(">HH", *rng.integers(11_000, 65_535, 2))
    return bytes(content)


def _jpeg_scans(rng: np.random.Generator) -> bytes:
    Image.new("L", (3000, 3000)).save(file := io.BytesIO(), "JPEG", progressive=True)
    content = file.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * int(rng.integers(150, 2000)) + b"\xff\xd9"


def _tiff(rng: np.random.Generator, *, size: tuple[int, int], strips: int, tags: int = 0) -> bytes:
    entries = {256: (4, 1, size[1]), 257: (4, 1, size[0]), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1)}
    entries |= {273: (4, strips, 400), 277: (3, 1, 1), 278: (4, 1, 1), 279: (4, strips, 400)}
    entries |= {40_000 + number: (7, 1_000_000, 400) for number in range(tags)}
    packed = b"".join(struct.pack("<HHII", tag, *value) for tag, value in sorted(entries.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + packed + bytes(4) + rng.bytes(4096) + bytes(8 * strips)


def _exr(rng: np.random.Generator, *, block: bytes, compression: int, size: tuple[int, int]) -> bytes:
    def attribute(name: bytes, kind: bytes, data: bytes) -> bytes:
        return name + b"\0" + kind + b"\0" + struct.pack("<i", len(data)) + data

    channels = b"Z\0" + struct.pack("<iIii", 2, 0, 1, 1) + b"\0"
    head = struct.pack("<II", 20000630, 2) + attribute(b"channels", b"chlist", channels)
    head += attribute(b"compression", b"compression", bytes([compression]))
    head += attribute(b"dataWindow", b"box2i", struct.pack("<4i", 0, 0, size[1] - 1, size[0] - 1)) + b"\0"
    return head + struct.pack("<Qii", len(head) + 8, 0, len(block)) + block


def _npz(rng: np.random.Generator, *, members: int, size: int) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            archive.writestr(f"{number:060d}.npy" if members > 1 else "depth.npy", bytes(size))
    return file.getvalue()


def _npy(rng: np.random.Generator, shape: str) -> bytes:
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape})}}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head) % 65536) + head


MAKERS: dict[str, Maker] = {
    "png pixels": lambda rng: _png(_side(rng), _side(rng)),
    "png chunks": lambda rng: _png(4, 4, _chunk(b"tESt", b"") * int(rng.integers(100_000, 400_000))),
    "png profile": lambda rng: _png(4, 4, _chunk(b"iCCP", b"k\0\0" + _zeros(rng))),
    "png text": lambda rng: _png(4, 4, _chunk(b"zTXt", b"k\0\0" + _zeros(rng))),
    "jpeg pixels": _jpeg_size,
    "jpeg scans": _jpeg_scans,
    "tiff pixels": lambda rng: _tiff(rng, size=(_side(rng), _side(rng)), strips=1),
    "tiff strips": lambda rng: _tiff(rng, size=(4, 4), strips=int(rng.integers(70_000, 1_000_000))),
    "tiff tags": lambda rng: _tiff(rng, size=(4, 4), strips=1, tags=int(rng.integers(50, 900))),
    "gif pixels": lambda rng: b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b",\0\0\0\0\xff\xff\xff\xff\0\2\0;",
    "bmp pixels": lambda rng: _bmp(_side(rng), _side(rng), kind=0),
    "bmp runs": lambda rng: _bmp(5000, 5000, kind=1) + rng.bytes(5_000_000),
    "pnm pixels": lambda rng: b"P6 %d %d 255\n" % (_side(rng), _side(rng)),
    "pnm blanks": lambda rng: b"P6" + b" " * int(rng.integers(5e3, 1.9e7)) + b"2 2 255\n" + bytes(12),
    "pnm comment": lambda rng: b"P5\n#" + b"a" * int(rng.integers(5e3, 1.9e7)) + b"\n2 2 255\n" + bytes(4),
    "pnm text": lambda rng: b"P3\n2000 1500\n255\n" + b"1 " * 9_000_000,
    "exr block": lambda rng: _exr(rng, block=zlib.compress(bytes(1_500_000), 9), compression=3, size=(16, 31)),
    "exr runs": lambda rng: _exr(rng, block=b"\x7f\0" * 60, compression=1, size=(1, 31)),
    "exr size": lambda rng: _exr(rng, block=b"", compression=0, size=(_side(rng), 3)),
    "exr name": lambda rng: struct.pack("<II", 20000630, 2) + b"a" * int(rng.integers(1e4, 1.9e7)),
    "exr attributes": lambda rng: struct.pack("<II", 20000630, 2) + b"k\0t\0\0\0\0\0" * int(rng.integers(2e3, 2e6)),
    "npz members": lambda rng: _npz(rng, members=int(rng.integers(45_000, 60_000)), size=0),
    "npz damaged": lambda rng: _npz(rng, members=1, size=int(rng.integers(1e6, 3e7))),
    "npy shape": lambda rng: _npy(rng, f"{_side(rng)}, {_side(rng)}"),
    "npy signs": lambda rng: _npy(rng, "-" * int(rng.integers(3000, 9000)) + "1, 1"),
    "pfm pixels": lambda rng: b"Pf\n%d %d\n-1.0\n" % (_side(rng), _side(rng)),
    "hdr picture": lambda rng: b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 65535 +X 65535\n",
}  # fmt: skip


def run(options: Options) -> Tally:
    """Each bomb in a child of its own, which reads it in all three ways."""
    tally, slowest, largest = Tally(), 0.0, 0.0
    names = list(MAKERS)
    for number in range(options.count):
        if options.is_over:
            break
        name = names[number % len(names)]
        content = MAKERS[name](np.random.default_rng([options.seed, number]))
        ended = in_child(lambda content=content: _read(content), seconds=30)
        if ended.died or ended.result["faults"]:
            tally.fault(f"{name}: {ended.died or ended.result['faults']}")
            continue
        slowest, largest = max(slowest, ended.result["seconds"]), max(largest, ended.grown_mb)
        if ended.result["seconds"] > MAX_CPU_S or ended.grown_mb > MAX_MB:
            tally.fault(f"{name}: {ended.result['seconds']:.2f} s of CPU, {ended.grown_mb:.0f} MB")
        else:
            tally.count("refused")
    tally.notes.append(f"slowest {slowest:.2f} s of CPU, largest growth {largest:.0f} MB")
    return tally


def _read(content: bytes) -> dict:
    import time

    warnings.simplefilter("ignore")
    faults, slowest = [], 0.0
    for reader in (read_image, image_size, read_depth):
        start = time.process_time()
        try:
            reader(content)
            if reader is not image_size:
                faults.append(f"{reader.__name__} took it")
        except HondoError:
            pass
        except BaseException as error:  # every other class is a fault
            faults.append(f"{reader.__name__}: {error!r}"[:200])
        slowest = max(slowest, time.process_time() - start)
    return {"faults": faults, "seconds": slowest}


if __name__ == "__main__":
    main("bombs", run, asks="refused in less than 0.5 s of CPU and 100 MB", count=300, quick=2 * len(MAKERS))
