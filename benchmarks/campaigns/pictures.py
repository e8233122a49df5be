"""Mutated images of fourteen formats through the one reader: no crash, no hang, bounded memory, one class of error.

python benchmarks/campaigns/pictures.py --json
"""

import io
import struct
import time
import warnings
from fractions import Fraction

import av
import cv2
import numpy as np
from campaign import Options, Tally, in_child, main, resident_mb
from PIL import Image

from hondo.core.errors import HondoError
from hondo.images.read import image_size, read_depth, read_image

MAX_CPU_S, MAX_GROWTH_MB = 2.0, 200.0
CHUNK = 2000  # files of one child
RGB = np.stack([*np.mgrid[:24, :31] * 8, np.full((24, 31), 77)], axis=-1).astype(np.uint8)


def seeds() -> dict[str, list[bytes]]:
    """Whole files by format, which mutations start from."""
    image, floats = Image.fromarray(RGB), (RGB[..., 0] / 40).astype(np.float32)
    turned = Image.Exif()
    turned[0x0112] = 6

    def saved(form: str, given: Image.Image = image, **options) -> bytes:
        file = io.BytesIO()
        given.save(file, form, **options)
        return file.getvalue()

    def opencv(suffix: str, pixels: np.ndarray) -> bytes:
        return cv2.imencode(suffix, pixels)[1].tobytes()

    def numpy(**arrays: np.ndarray) -> bytes:
        np.savez_compressed(file := io.BytesIO(), **arrays)
        return file.getvalue()

    np.save(npy := io.BytesIO(), floats)
    return {
        "png": [saved("PNG"), saved("PNG", image.convert("P")), saved("PNG", image.convert("LA")),
                saved("PNG", exif=turned), opencv(".png", RGB.astype(np.uint16) * 257)],
        "jpeg": [saved("JPEG"), saved("JPEG", progressive=True), saved("JPEG", image.convert("CMYK"), exif=turned)],
        "webp": [saved("WEBP"), saved("WEBP", lossless=True, exif=turned)],
        "avif": [saved("AVIF")],
        "tiff": [
            saved("TIFF"), saved("TIFF", compression="tiff_lzw", exif=turned), opencv(".tiff", floats),
            saved("TIFF", image.convert("1"), compression="group4"), opencv(".tiff", RGB.astype(np.float64) / 255),
        ],
        "gif": [saved("GIF"), saved("GIF", save_all=True, append_images=[image.rotate(90)])],
        "bmp": [saved("BMP"), saved("BMP", image.convert("P")), saved("DIB")],
        "pnm": [saved("PPM"), b"P3\n2 1\n255\n1 2 3 4 5 6\n", saved("PPM", image.convert("1"))],
        "mpo": [saved("MPO", save_all=True, append_images=[image.rotate(180)])],
        "apng": [saved("PNG", save_all=True, append_images=[image.rotate(90)])],
        "pfm": [b"Pf\n31 24\n-1.0\n" + floats.tobytes(), b"PF\n31 24\n1.0\n" + RGB.astype(">f4").tobytes()],
        "exr": [exr(floats, compression) for compression in ("none", "rle", "zip1", "zip16")],
        "npy": [npy.getvalue()],
        "npz": [numpy(depth=floats), numpy(depth=floats, other=floats)],
    }  # fmt: skip


def exr(values: np.ndarray, compression: str) -> bytes:
    """An OpenEXR file of one channel, as FFmpeg writes it."""
    codec = av.CodecContext.create("exr", "w")
    codec.height, codec.width = values.shape
    codec.pix_fmt, codec.time_base, codec.options = "grayf32le", Fraction(1), {"compression": compression}
    frame = av.VideoFrame.from_ndarray(values, format="grayf32le")
    return b"".join(bytes(packet) for packet in codec.encode(frame) + codec.encode(None))


def mutated(whole: bytes, rng: np.random.Generator) -> bytes:
    """Bits, bytes and numbers changed, pieces cut out, doubled or moved, the end cut off."""
    content = bytearray(whole)
    for _ in range(int(rng.integers(1, 6))):
        place, length = int(rng.integers(len(content))), int(rng.integers(1, 40))
        match int(rng.integers(7)):
            case 0:
                content[place] ^= 1 << int(rng.integers(8))
            case 1:
                content[place] = int(rng.choice([0, 1, 127, 128, 254, 255]))
            case 2:
                number = int(rng.choice([0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1]))
                content[place : place + 4] = struct.pack("<I" if rng.integers(2) else ">I", number)
            case 3:
                del content[place : place + length]
            case 4:
                content[place:place] = content[place : place + length]
            case 5:
                content[place : place + length] = rng.bytes(length)
            case _:
                del content[max(1, place) :]
        if not content:
            return b"\0"
    return bytes(content)


def run(options: Options) -> Tally:
    """The cases in children of ``CHUNK`` files, so that a crash is counted with the files that led to it."""
    tally, files = Tally(), seeds()
    slowest, growth = 0.0, 0.0
    for first in range(0, options.count, CHUNK):
        if options.is_over:
            break
        numbers = range(first, min(first + CHUNK, options.count))
        ended = in_child(lambda numbers=numbers: _read_all(files, numbers, options.seed), seconds=300)
        if ended.died:
            tally.fault(f"the process died of {ended.died} in the files {numbers.start} to {numbers.stop}")
            continue
        for outcome, number in ended.result["outcomes"].items():
            tally.outcomes[outcome] += number
        for text in ended.result["faults"]:
            tally.fault(text)
        slowest, growth = max(slowest, ended.result["slowest"]), max(growth, ended.result["growth"])
        if growth > MAX_GROWTH_MB:
            tally.fault(f"memory grew by {growth:.0f} MB in the files {numbers.start} to {numbers.stop}")
    tally.notes.append(f"slowest file {slowest:.2f} s of CPU, largest growth {growth:.0f} MB in {CHUNK} files")
    return tally


def _read_all(files: dict[str, list[bytes]], numbers: range, seed: int) -> dict:
    outcomes, faults, slowest, before = {"read": 0, "refused": 0}, [], 0.0, resident_mb()
    warnings.simplefilter("ignore")
    formats = list(files)
    for number in numbers:
        rng = np.random.default_rng([seed, number])
        form = formats[number % len(formats)]
        content = mutated(files[form][int(rng.integers(len(files[form])))], rng)
        start = time.process_time()
        is_read = False
        for reader in (read_image, image_size, read_depth):
            try:
                reader(content)
                is_read = True
            except HondoError:
                continue
            except BaseException as error:  # every other class is a fault
                faults.append(f"{form} {number}, {reader.__name__}: {error!r}")
        outcomes["read" if is_read else "refused"] += 1
        taken = time.process_time() - start
        slowest = max(slowest, taken)
        if taken > MAX_CPU_S:
            faults.append(f"{form} {number}: {taken:.1f} s of CPU")
    return {"outcomes": outcomes, "faults": faults, "slowest": slowest, "growth": resident_mb() - before}


if __name__ == "__main__":
    main(
        "pictures",
        run,
        asks="mutated images: no crash, no hang over 2 s of CPU, growth below 200 MB, only HondoError",
        count=1_000_000,
        quick=4000,
    )
