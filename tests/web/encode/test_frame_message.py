"""The binary message of a stream, read here without hondo."""

import json
import struct
import zlib

import cv2
import numpy as np
import pytest

from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.web.encode.frame_message import FrameFacts, average, encode_frame, fit_size, quantize_depth

FACTS = FrameFacts(number=7, model="tiny", image_hw=(48, 64), near_far=(1.0, 0.1), since=0.0, dropped=2)


def read(message: bytes) -> tuple[dict, bytes]:
    assert message[:4] == b"HND1"
    (length,) = struct.unpack("<I", message[4:8])
    assert length % 4 == 0
    return json.loads(message[8 : 8 + length]), message[8 + length :]


def a_map(**options) -> DepthMap:
    values = np.random.default_rng(0).random((6, 8), dtype=np.float32)
    values[0, 0] = np.nan
    return DepthMap(values=values, kind=DepthKind.SCALED_INVERSE_DEPTH, **options)


@pytest.mark.parametrize("deflate", [False, True])
def test_depth_comes_back(deflate) -> None:
    depth_map = a_map()
    header, rest = read(encode_frame(depth_map, FACTS, image=None, deflate=deflate))
    assert len(rest) == header["depth_bytes"]
    stored = np.frombuffer(zlib.decompress(rest) if deflate else rest, dtype="<u2").reshape(6, 8)
    values = np.where(stored > 0, header["low"] + (stored - 1.0) * header["step"], np.nan)
    assert np.array_equal(np.isnan(values), np.isnan(depth_map.values))
    assert np.nanmax(np.abs(values - depth_map.values)) <= header["step"]
    assert (header["depth_width"], header["depth_height"], header["width"], header["height"]) == (8, 6, 64, 48)
    assert (
        header["number"] == 7
        and header["latency_ms"] == round(1000 * header["clock_s"], 2)
        and header["camera"] is None
    )


def test_parts_follow_one_another() -> None:
    image = np.full((48, 64, 3), 200, np.uint8)
    camera = Camera(fx=8, fy=8, cx=4, cy=3, size_hw=(6, 8))
    depth_map = a_map(camera=camera, confidence=np.full((6, 8), 0.5, np.float32))
    header, rest = read(encode_frame(depth_map, FACTS, image=image))
    assert header["camera"] == [8, 8, 4, 3] and header["confidence_bytes"] == 48
    confidence = rest[header["depth_bytes"] :][:48]
    assert set(confidence) == {128}
    jpeg = rest[header["depth_bytes"] + 48 :]
    assert len(jpeg) == header["picture_bytes"]
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).shape == (48, 64, 3)


@pytest.mark.parametrize("value", [np.nan, 0.0, 5.0])
def test_maps_without_any_range(value) -> None:
    stored, low, step = quantize_depth(np.full((2, 2), value, np.float32))
    assert step > 0 and set(stored.ravel()) == ({0} if np.isnan(value) else {1}) and np.isfinite(low)


def test_all_steps_are_used() -> None:
    stored, low, step = quantize_depth(np.array([[1.0, 2.0, 3.0]], np.float32))
    assert stored.tolist() == [[1, 32768, 65535]] and low == 1.0 and np.isclose(step, 2 / 65534)


def test_large_images_are_made_smaller() -> None:
    image = np.zeros((1000, 2000, 3), np.uint8)
    header, rest = read(encode_frame(a_map(), FACTS, image=image))
    jpeg = rest[header["depth_bytes"] :]
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).shape == (480, 960, 3)
    assert fit_size((48, 64), max_side=384) == (48, 64) and fit_size((1, 10_000), max_side=100) == (1, 100)


def plane(size_hw=(30, 40)) -> DepthMap:
    """z = 2 + x / 100 in pixels: a slanted wall."""
    values = np.tile(2 + np.arange(size_hw[1], dtype=np.float32) / 100, (size_hw[0], 1))
    camera = Camera(fx=30, fy=31, cx=size_hw[1] / 2, cy=size_hw[0] / 2, size_hw=size_hw)
    return DepthMap(values=values, kind=DepthKind.METRIC_DEPTH, camera=camera)


def test_shrinking_averages_and_fits_the_camera() -> None:
    small = average(plane(), (15, 20))
    assert np.allclose(small.values[0, 0], 2.005) and small.camera is not None
    assert (small.camera.fx, small.camera.cx, small.camera.size_hw) == (15, 10, (15, 20))
    assert average(depth_map := plane(), (30, 40)) is depth_map
