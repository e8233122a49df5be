"""Intrinsics in the forms users have them, taken as they stand."""

import json
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.core.types import Camera
from hondo.data.datasets.intrinsics import assumed_camera, image_camera, read_camera

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


def test_sizes_rounded_to_whole_pixels_are_the_same_image():
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
        ("525 526 900 240", "lies outside the 640x480 image"),
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


STORED = {"fx": 50, "fy": 51, "cx": 24, "cy": 12, "width": 48, "height": 24}


def test_numbers_and_files(tmp_path) -> None:
    path = tmp_path / "k.json"
    path.write_text(json.dumps(STORED))
    camera = image_camera(str(path), size_hw=(24, 48))
    assert (camera.fx, camera.fy, camera.cx, camera.cy, camera.size_hw) == (50, 51, 24, 12, (24, 48))
    assert image_camera("50,51,24,12", size_hw=(24, 48)) == camera


@pytest.mark.parametrize("size_hw", [(48, 96), (24, 50)])
def test_a_file_of_another_image_is_refused(tmp_path, size_hw) -> None:
    path = tmp_path / "k.json"
    path.write_text(json.dumps(STORED))
    with pytest.raises(HondoError, match=f"of a 48x24 image.*this one is {size_hw[1]}x{size_hw[0]}"):
        image_camera(str(path), size_hw=size_hw)


@pytest.mark.parametrize("text", ["50,51,480,12", "50,51,24", "gone.json", "0,51,24,12"])
def test_wrong_numbers_are_refused(text) -> None:
    with pytest.raises(HondoError):
        image_camera(text, size_hw=(24, 48))


def test_the_assumed_camera_is_60_degrees_wide() -> None:
    assert assumed_camera((24, 48)).horizontal_fov_deg == pytest.approx(60)
