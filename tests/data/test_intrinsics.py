"""Intrinsics in the forms users have them, taken as they stand."""

import json
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.core.types import Camera
from hondo.data.intrinsics import read_camera

SIZE_HW = (480, 640)
CAMERA = Camera(fx=525, fy=526, cx=320, cy=240, size_hw=SIZE_HW)


@pytest.mark.parametrize(
    "text",
    [
        "525 526 320 240",
        "525\n526\n320\n240\n",
        "525,526,320,240",
        "525 0 320\n0 526 240\n0 0 1",
        "525 0 320 7\n0 526 240 8\n0 0 1 9",
        "525 0 320 7 0 526 240 8 0 0 1 9\n525 0 320 -3 0 526 240 0 0 0 1 0",
        json.dumps({"fx": 525, "fy": 526, "cx": 320, "cy": 240, "width": 640, "height": 480}),
        json.dumps({"fx": 1050, "fy": 1052, "cx": 640, "cy": 480, "width": 1280, "height": 960}),
    ],
)
def test_forms(tmp_path: Path, text: str):
    path = tmp_path / "camera"
    path.write_text(text)
    assert read_camera(path, size_hw=SIZE_HW) == CAMERA


def test_option_and_camera():
    assert read_camera("525,526,320,240", size_hw=SIZE_HW) == CAMERA
    assert read_camera(CAMERA.resized((240, 320)), size_hw=SIZE_HW) == CAMERA


def test_sizes_rounded_to_whole_pixels_are_the_same_picture():
    found = read_camera(Camera.from_fov(60, size_hw=(375, 1242)), size_hw=(94, 311))
    assert found.size_hw == (94, 311)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 2 3", "found 3 numbers"),
        ("525 1 320 0 526 240 0 0 1", "no skew"),
        (
            "525 0 320 0 0 526 240 0 0 0 1 0 99 0 320 0 0 526 240 0 0 0 1 0",
            "2 projection matrices of diff",
        ),
        ("fx 525", "numbers only"),
        ('{"fx": 525}', "lack fy, cx, cy, width, height"),
        ('{"fx": 525', "camera: "),
        ('{"fx": null, "fy": 1, "cx": 1, "cy": 1, "width": 2, "height": 2}', "must be numbers"),
        ("525 526 900 240", "lies outside the 640x480 picture"),
        ("-525 526 320 240", "must be positive"),
    ],
)
def test_refusals_name_the_file(tmp_path: Path, text: str, says: str):
    path = tmp_path / "camera"
    path.write_text(text)
    with pytest.raises(HondoError, match=says) as caught:
        read_camera(path, size_hw=SIZE_HW)
    assert str(path) in str(caught.value)


def test_neither_file_nor_numbers():
    with pytest.raises(HondoError, match="no such file, and not fx,fy,cx,cy"):
        read_camera("camera.jsn", size_hw=SIZE_HW)
