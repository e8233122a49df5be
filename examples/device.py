"""Runs an ONNX file of `hondo export` on a device that has NumPy and ONNX Runtime, and nothing of hondo.

`python device.py nano.onnx photo.ppm photo.depth.png` writes 16-bit depth: metres x 256 for metric models,
else inverse depth up to one factor; 0 = unknown. Images are binary PPM (`ffmpeg -i photo.jpg photo.ppm`) or NPY, uint8
(h w 3) RGB. The file must be of one size (no --dynamic), of a network of single images. Other code may take `Model`:
`Model("nano.onnx")(rgb)` is the map at the image's size in the unit that `model.kind` names.
"""

import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import onnxruntime

MAX_STRETCH = 1.04  # an image whose aspect is this close to the network's fills it; else its borders are mirrored
METRES = {"metric_depth": lambda x: x, "metric_inverse_depth": lambda x: np.where(x > 0, 1 / np.where(x > 0, x, 1), 0)}


class Model:
    """An exported network: uint8 (h w 3) RGB -> float32 (h w)."""

    def __init__(self, path: str, *, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.x64quantprecision", "1")  # int8 that saturates on AVX2 otherwise
        self.session = onnxruntime.InferenceSession(path, options, providers=onnxruntime.get_available_providers())
        header = self.session.get_modelmeta().custom_metadata_map.get("hondo")
        if header is None:
            raise ValueError(f"{path} has no hondo metadata; make it with hondo export")
        facts = json.loads(header)
        self.kind, spec = facts["kind"], facts["input_spec"]
        if not spec["fixed"] or facts.get("batch", 1) != 1 or facts.get("num_previous", 0):
            raise ValueError(
                f"{path}: this example runs files of one size, one image at a time, without earlier frames"
            )
        self.height, self.width = spec["size_hw"]

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        (h, w), (height, width) = rgb.shape[:2], (self.height, self.width)
        scale = min(height / h, width / w)
        content = max(1, round(h * scale)), max(1, round(w * scale))
        if max(height / content[0], width / content[1]) <= MAX_STRETCH:
            content = height, width
        top, left = (height - content[0]) // 2, (width - content[1]) // 2
        small = resized(rgb.astype(np.float32) / 255, content)
        pads = ((top, height - content[0] - top), (left, width - content[1] - left), (0, 0))
        small = np.pad(small, pads, mode="symmetric").transpose(2, 0, 1)[None]
        (raw,) = self.session.run(None, {self.session.get_inputs()[0].name: np.ascontiguousarray(small, np.float32)})
        raw = resized(raw[0, 0].astype(np.float32), (height, width))
        return resized(raw[top : top + content[0], left : left + content[1]], (h, w))


def resized(values: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """(h w) or (h w c) at another size: the average over areas if both sides shrink, else bilinear."""
    is_smaller = size_hw[0] <= values.shape[0] and size_hw[1] <= values.shape[1] and values.shape[:2] != size_hw
    rows, columns = (weights(old, new, area=is_smaller) for old, new in zip(values.shape, size_hw))
    return np.einsum("Hh,hw...->Hw...", rows, np.einsum("Ww,hw...->hW...", columns, values), optimize=True)


def weights(old: int, new: int, *, area: bool) -> np.ndarray:
    """(new old): the share of each old pixel in each new one; pixel centres lie at +0.5."""
    edges = np.arange(new + 1) * old / new
    if area:
        overlap = np.minimum(edges[1:, None], np.arange(1, old + 1)) - np.maximum(edges[:-1, None], np.arange(old))
    else:
        centre = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        overlap = 1 - abs(centre[:, None] - np.arange(old))
    overlap = np.maximum(overlap, 0)
    return (overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)


def read_image(path: Path) -> np.ndarray:
    """A binary PPM of 8 bits without comments, or an NPY file."""
    if path.suffix == ".npy":
        rgb = np.load(path)
    else:
        data = path.read_bytes()
        magic, width, height, top = data.split(maxsplit=4)[:4]
        if (magic, top) != (b"P6", b"255"):
            raise ValueError(f"{path} is no binary PPM of 8 bits; make one: ffmpeg -i photo.jpg photo.ppm")
        rgb = np.frombuffer(data[-int(width) * int(height) * 3 :], np.uint8).reshape(int(height), int(width), 3)
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"{path} must hold uint8 (h w 3), got {rgb.dtype} {rgb.shape}")
    return rgb


def png16(values: np.ndarray) -> bytes:
    """A grey PNG of 16 bits."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    height, width = values.shape
    rows = values.astype(">u2").tobytes()
    lines = b"".join(b"\0" + rows[start : start + 2 * width] for start in range(0, len(rows), 2 * width))
    head = struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def main(model: str, image: str, out: str) -> None:
    """One image to one PNG; says what its values mean."""
    network = Model(model)
    values = network(read_image(Path(image)))
    is_metric = network.kind in METRES
    factor = 256.0 if is_metric else 65535 / max(float(values.max()), 1e-9)
    values = METRES[network.kind](values) if is_metric else values
    Path(out).write_bytes(png16(np.clip(np.rint(values * factor), 0, 65535)))
    print(f"{out}: {'metres' if is_metric else network.kind} x {factor:g}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
