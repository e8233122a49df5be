"""The camera option: files and numbers, of exactly the picture's size."""

import json

import pytest

from hondo.core.errors import HondoError
from hondo.video.camera import assumed_camera, picture_camera

STORED = {"fx": 50, "fy": 51, "cx": 24, "cy": 12, "width": 48, "height": 24}


def test_numbers_and_files(tmp_path) -> None:
    path = tmp_path / "k.json"
    path.write_text(json.dumps(STORED))
    camera = picture_camera(str(path), size_hw=(24, 48))
    assert (camera.fx, camera.fy, camera.cx, camera.cy, camera.size_hw) == (50, 51, 24, 12, (24, 48))
    assert picture_camera("50,51,24,12", size_hw=(24, 48)) == camera


@pytest.mark.parametrize("size_hw", [(48, 96), (24, 50)])
def test_a_file_of_another_picture_is_refused(tmp_path, size_hw) -> None:
    path = tmp_path / "k.json"
    path.write_text(json.dumps(STORED))
    with pytest.raises(HondoError, match=f"of a 48x24 picture.*this one is {size_hw[1]}x{size_hw[0]}"):
        picture_camera(str(path), size_hw=size_hw)


@pytest.mark.parametrize("text", ["50,51,480,12", "50,51,24", "gone.json", "0,51,24,12"])
def test_wrong_numbers_are_refused(text) -> None:
    with pytest.raises(HondoError):
        picture_camera(text, size_hw=(24, 48))


def test_the_assumed_camera_is_60_degrees_wide() -> None:
    assert assumed_camera((24, 48)).horizontal_fov_deg == pytest.approx(60)
