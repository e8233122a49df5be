"""Clips that teach depth and clips that cannot, made of planes at 2 and 5 m seen by a camera."""

import re
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.types import Camera
from hondo.data.datasets.clip import Frames
from hondo.train.objectives.teaching_check import (
    check_clips,
    clip_remarks,
    measure_pair,
    pose_remark,
    refusal,
    remarks,
    side_by_side_remark,
    stereo_refusal,
)

SIZE = (96, 144)
CAMERA = Camera(fx=125, fy=125, cx=72, cy=48, size_hw=SIZE)


def _texture(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (100, 100, 3), dtype=np.uint8)
    return cv2.GaussianBlur(cv2.resize(noise, (400, 400), interpolation=cv2.INTER_CUBIC), (0, 0), 1)


def view(T_world_camera: np.ndarray) -> np.ndarray:
    """The image of a near plane before a far one."""
    image = np.zeros((*SIZE, 3), np.uint8)
    for z, width, seed in ((5.0, 9.0, 0), (2.0, 0.9, 1)):
        corners = np.array([[x, y, z, 1] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]) * (width, width, 1, 1)
        points = (np.linalg.inv(T_world_camera) @ corners.T)[:3]
        pixels = (CAMERA.K @ points)[:2] / points[2] - 0.5
        H = cv2.getPerspectiveTransform(np.float32([[0, 0], [400, 0], [400, 400], [0, 400]]), np.float32(pixels.T))
        seen = cv2.warpPerspective(np.dstack((_texture(seed), np.full((400, 400), 255, np.uint8))), H, SIZE[::-1])
        image[seen[..., 3] > 250] = seen[..., :3][seen[..., 3] > 250]
    return image


def pose(x: float = 0.0, angle: float = 0.0) -> np.ndarray:
    made = np.eye(4)
    made[:3, :3] = cv2.Rodrigues(np.array([0.2 * angle, angle, 0.0]))[0]
    made[0, 3] = x
    return made


MOVING = [pose(x=0.05 * number) for number in range(4)]


def motions(images):
    return [measure_pair(a, b, CAMERA) for a, b in pairwise(images)]


def test_a_moving_camera_teaches():
    measured = motions([view(each) for each in MOVING])
    assert refusal(measured) == "" and remarks(measured) == []
    shift = 125 * 0.05 / 2  # pixels of the near plane
    assert measured[0].motion_px == pytest.approx(shift, abs=0.5)


NOISE = np.random.default_rng(0).integers(-3, 4, (4, *SIZE, 3))
BARS = np.repeat(np.uint8([[255, 255, 0], [0, 255, 255], [255, 0, 255]]), 48, axis=0)[None].repeat(96, axis=0)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([view(pose())] * 4, r"differ by 0\.00 pixels; give a clip of a moving camera"),
        ([np.clip(view(pose()) + noise, 0, 255).astype(np.uint8) for noise in NOISE], r"differ by 0\.0\d pixels"),
        ([np.zeros((*SIZE, 3), np.uint8)] * 3, r"only 0\.0% of the pixels show texture"),
        ([np.clip(127 + noise, 0, 255).astype(np.uint8) for noise in NOISE], "show texture"),
        ([BARS] * 3, "nothing can be learned"),
    ],
)
def test_what_cannot_teach_is_refused_with_what_was_measured(images, message, tmp_path):
    for number, image in enumerate(images):
        cv2.imwrite(str(tmp_path / f"{number}.png"), image)
    clip = Frames(tmp_path, sources=(1,), camera="125,125,72,48")
    with pytest.raises(HondoError, match=message):
        check_clips([clip], are_poses_known=False)


def test_a_camera_that_only_turns_is_refused_with_its_motion():
    message = refusal(motions([view(pose(angle=0.03 * number)) for number in range(4)]))
    assert re.match(
        r"the camera only turns: a rotation explains 3 of 3 pairs of frames to 0\.\d\d of \d\.\d pix", message
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda T: T, ""),
        (np.linalg.inv, "their inverses 1?[0-9][0-9]%: they look like world-to-camera"),
        (lambda T: T @ np.diag([1, 1, 1, 1.0]) + _translation(999 * T), "are they in metres"),
    ],
)
def test_poses_of_another_convention_or_unit_are_named(change, message):
    measured = motions([view(each) for each in MOVING])
    given = [change(each) for each in MOVING]
    remark = pose_remark(measured, list(pairwise(given)))
    assert (remark == "") if not message else re.search(message, remark)


def _translation(T: np.ndarray) -> np.ndarray:
    only = np.zeros((4, 4))
    only[:3, 3] = T[:3, 3]
    return only


def test_stereo_pairs_that_are_swapped_or_not_rectified_are_refused():
    left, right = view(pose()), view(pose(x=0.1))
    assert stereo_refusal([measure_pair(left, right, CAMERA)]) == ""
    assert "left and right look swapped" in stereo_refusal([measure_pair(right, left, CAMERA)])
    lower = np.roll(right, 4, axis=0)
    message = stereo_refusal([measure_pair(left, lower, CAMERA)])
    assert "not rectified" in message and float(re.search(r"offset ([+-][\d.]+)", message)[1]) == pytest.approx(
        4, abs=0.5
    )


def test_two_views_in_one_frame_are_recognised():
    left, right, elsewhere = view(pose()), view(pose(x=0.1)), view(pose(x=1.0, angle=0.4))
    assert "stereo pairs side by side" in side_by_side_remark(np.concatenate((left, right), axis=1))
    for image in (left, np.concatenate((right, left), axis=1), np.concatenate((left, elsewhere), axis=1)):
        assert side_by_side_remark(image) == ""


def test_one_standing_clip_of_several_is_a_warning(tmp_path: Path):
    for name, poses in (("still", [pose()] * 3), ("moving", MOVING)):
        (tmp_path / name).mkdir()
        for number, each in enumerate(poses):
            cv2.imwrite(str(tmp_path / name / f"{number}.png"), view(each))
    clips = [Frames(tmp_path / name, sources=(1,), camera="125,125,72,48") for name in ("still", "moving")]
    with pytest.warns(UserWarning, match=r"still: nothing can be learned without motion"):
        check_clips(clips, are_poses_known=False)


def test_poses_with_the_axes_of_opengl_are_named() -> None:
    poses = [pose(x=0.1 * number) for number in range(5)]
    for number, each in enumerate(poses):
        each[:3, :3] = cv2.Rodrigues(np.array([0.0, 0.0, 0.05 * number]))[0]  # a roll is another about the other axes
    pairs = list(pairwise([each @ np.diag((1.0, -1.0, -1.0, 1.0)) for each in poses]))
    measured = motions([view(each) for each in poses])
    assert "OpenGL or Blender" in pose_remark(measured, pairs)
    assert not pose_remark(measured, list(pairwise(poses)))


def test_a_clip_is_examined_without_source_views(tmp_path: Path) -> None:
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), view(MOVING[0]))
    assert "without motion" in clip_remarks(Frames(tmp_path))[0]
    assert not clip_remarks(Frames(tmp_path, stop=1))
    for number, each in enumerate(MOVING):
        cv2.imwrite(str(tmp_path / f"{number}.png"), view(each))
    lines = [" ".join(map(str, (each[:3] * np.array([1, 1, 1, 1000])).ravel())) for each in MOVING]
    (tmp_path / "poses_mm.txt").write_text("\n".join(lines))
    clip = Frames(tmp_path, camera=CAMERA, poses=tmp_path / "poses_mm.txt")
    assert ["in metres?" in remark for remark in clip_remarks(clip)] == [True]


def test_a_clip_of_depth_maps_is_asked_about(tmp_path: Path) -> None:
    for number, each in enumerate(MOVING):
        cv2.imwrite(str(tmp_path / f"{number}.png"), 200 * view(each)[..., 0].astype(np.uint16))
    with pytest.warns(HondoWarning, match="one channel of 16 bits or floats: are they depth maps"):
        check_clips([Frames(tmp_path, camera=CAMERA, sources=(1,))], are_poses_known=False)


def test_an_image_that_cannot_be_read_is_left_to_the_check_of_the_data(tmp_path: Path, monkeypatch) -> None:
    for number, each in enumerate(MOVING):
        cv2.imwrite(str(tmp_path / f"{number}.png"), view(each))

    def damaged(*images) -> None:
        raise HondoError("the image is damaged")

    monkeypatch.setattr("hondo.train.objectives.teaching_check.measure_pair", damaged)
    assert clip_remarks(Frames(tmp_path)) == []
