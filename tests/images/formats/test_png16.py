"""Our PNG writer against two readers of others."""

import io
import json

import cv2
import numpy as np
import pytest
from PIL import Image

from hondo.core.types import DepthKind, DepthMap
from hondo.images.depth_file import png16_bytes, png_scale
from hondo.images.formats.png16 import encode_png16

random = np.random.default_rng(0)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (33, 50)])
@pytest.mark.parametrize("compression", ["small", "fast", "none"])
def test_others_read_the_same_values(size, compression) -> None:
    pixels = random.integers(0, 65536, size, dtype=np.uint16)
    data = encode_png16(pixels, text=("hondo", "note"), compression=compression)
    assert np.array_equal(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), pixels)
    image = Image.open(io.BytesIO(data))
    assert np.array_equal(np.asarray(image).astype(np.uint16), pixels)
    assert image.info["hondo"] == "note"


def test_a_view_is_written_as_it_looks() -> None:
    pixels = random.integers(0, 65536, (8, 12), dtype=np.uint16)
    data = encode_png16(pixels[::2, ::-3], text=("k", "v"))
    assert np.array_equal(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), pixels[::2, ::-3])


def test_smooth_depth_becomes_small() -> None:
    rows = np.linspace(1, 60000, 480).astype(np.uint16)
    pixels = np.repeat(rows[:, None], 640, axis=1)
    assert len(encode_png16(pixels, text=("k", "v"))) < 0.05 * pixels.nbytes


def test_the_bytes_of_a_map_carry_their_scale() -> None:
    depth_map = DepthMap(values=np.full((2, 3), 2.0, np.float32), kind=DepthKind.METRIC_DEPTH)
    image = Image.open(io.BytesIO(png16_bytes(depth_map, scale=png_scale(depth_map))))
    assert np.asarray(image)[0, 0] == 512
    assert json.loads(image.info["hondo"])["factor"] == 256
