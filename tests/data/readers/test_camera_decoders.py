"""Calibration files: exact values, the size they are of, and files that do not fit."""

import json
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.data.readers.camera_decoders import CAMERAS, KITTI_DAYS, kitti_rows, read_calibration

KITTI = (
    "calib_time: 09-Jan-2012\nS_rect_02: 1.242e+03 3.75e+02\nP_rect_02: 721.5 0 609.5 44.8 0 720 172.8 0.2 0 0 1 0\n"
)


def test_kitti_is_scaled_to_smaller_images(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text(KITTI)
    assert "calib_time" not in kitti_rows(tmp_path / "c.txt")
    camera = read_calibration(tmp_path / "c.txt", "kitti raw", {"camera": "2"}, image_hw=(375, 1242)).camera
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (721.5, 720, 609.5, 172.8)
    half = read_calibration(tmp_path / "c.txt", "kitti raw", {"camera": "2"}, image_hw=(188, 621)).camera
    assert half.fx == pytest.approx(721.5 / 2) and half.size_hw == (188, 621)


@pytest.mark.parametrize("image_hw", [size for size in KITTI_DAYS if size != (375, 1242)])
def test_the_days_of_kitti(image_hw: tuple[int, int], tmp_path: Path) -> None:
    """All five aspects are alike: only the size tells a wrong day."""
    (tmp_path / "c.txt").write_text(KITTI)
    with pytest.raises(HondoError, match=rf"of 2011_09_26 .* the image is of {KITTI_DAYS[image_hw]}"):
        read_calibration(tmp_path / "c.txt", "kitti raw", {"camera": "2"}, image_hw=image_hw)


@pytest.mark.parametrize("decoder", CAMERAS)
@pytest.mark.parametrize("text", ["{}", "nothing", "version https://git-lfs.github.com/spec/v1\n"])
def test_other_files_are_refused(decoder: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "c").write_text(text)
    with pytest.raises(HondoError, match=str(tmp_path / "c")):
        read_calibration(tmp_path / "c", decoder, {"camera": "2", "name": "a"}, image_hw=(8, 12))


def test_record3d_is_scaled(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(json.dumps({"w": 1440, "h": 1920, "K": [1400, 0, 0, 0, 1410, 0, 720, 960, 1]}))
    camera = read_calibration(tmp_path / "m.json", "record3d", {}, image_hw=(960, 720)).camera
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (700, 705, 360, 480)


def test_cityscapes_has_a_baseline(tmp_path: Path) -> None:
    stated = {
        "extrinsic": {"baseline": 0.209313},
        "intrinsic": {"fx": 2262.52, "fy": 2265.3, "u0": 1096.98, "v0": 513.1},
    }
    (tmp_path / "c.json").write_text(json.dumps(stated))
    found = read_calibration(tmp_path / "c.json", "cityscapes", {}, image_hw=(1024, 2048))
    assert found.baseline == 0.209313 and found.camera.cx == 1096.98


def test_colmap_cameras_by_image(tmp_path: Path) -> None:
    (tmp_path / "images.txt").write_text(
        "#\n1 1 0 0 0 0 0 0 7 dslr_images/A.JPG\n\n2 1 0 0 0 0 0 0 8 dslr_images/B.JPG\n\n"
    )
    (tmp_path / "cameras.txt").write_text("7 PINHOLE 40 20 30 31 20 10\n")
    camera = read_calibration(tmp_path / "images.txt", "colmap image", {"name": "A"}, image_hw=(20, 40)).camera
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (30, 31, 20, 10)
    with pytest.raises(HondoError, match="has no camera 8"):
        read_calibration(tmp_path / "images.txt", "colmap image", {"name": "B"}, image_hw=(20, 40))
