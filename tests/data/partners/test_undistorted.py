"""A scene rendered through a lens is read as the pinhole image of the same scene, with its depth."""

import json
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hondo.core.types import Camera
from hondo.data.datasets.clip import Frames
from hondo.data.partners.undistorted import Undistorter, scene_through
from hondo.geometry.lens import Lens
from hondo.images.read import write_image

CAMERA = Camera(fx=60, fy=60, cx=48, cy=32, size_hw=(64, 96))
COEFFICIENTS = {"radial-tangential": (-0.25, 0.06, 0.001, -0.001), "fisheye": (0.05, -0.02, 0.004, -0.001)}


def pattern(x, y):
    """Smooth colours of the directions x/z and y/z."""
    return np.dstack([127 + 90 * np.sin(5 * x + k) * np.cos(4 * y - k) for k in range(3)]).round().astype(np.uint8)


def through(kind):
    """The pattern through a lens, by OpenCV's inverse of its model."""
    rows, columns = np.indices(CAMERA.size_hw)
    rays = np.dstack(((columns + 0.5 - CAMERA.cx) / CAMERA.fx, (rows + 0.5 - CAMERA.cy) / CAMERA.fy)).reshape(-1, 1, 2)
    undo = cv2.fisheye.undistortPoints if kind == "fisheye" else cv2.undistortPoints
    x, y = undo(rays, np.eye(3), np.array(COEFFICIENTS[kind])).reshape(*CAMERA.size_hw, 2).transpose(2, 0, 1)
    return x, y


@pytest.mark.parametrize("kind", COEFFICIENTS)
def test_frames_of_a_lens_are_straightened(tmp_path: Path, kind: str) -> None:
    x, y = through(kind)
    (tmp_path / "images").mkdir()
    (tmp_path / "depth").mkdir()
    for number in range(3):
        write_image(tmp_path / "images" / f"{number}.png", pattern(x, y))
        cv2.imwrite(str(tmp_path / "depth" / f"{number}.png"), (2000 + 500 * x).astype(np.uint16))
    stated = {"fx": 60, "fy": 60, "cx": 48, "cy": 32, "width": 96, "height": 64, "distortion": COEFFICIENTS[kind]}
    stated |= {"camera_model": "equidistant"} if kind == "fisheye" else {}
    (tmp_path / "intrinsics.json").write_text(json.dumps(stated))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sample = Frames(tmp_path, sources=(-1, 1))[0]
    assert sample.camera == CAMERA
    rows, columns = np.indices(CAMERA.size_hw)
    expected_x, expected_y = (columns + 0.5 - 48) / 60, (rows + 0.5 - 32) / 60
    is_seen = np.ones(CAMERA.size_hw, bool) if sample.is_scene is None else sample.is_scene[0].numpy()
    for image in (sample.image, sample.sources[0].image):
        error = np.abs(image.permute(1, 2, 0).numpy() * 255 - pattern(expected_x, expected_y))[is_seen]
        assert error.mean() < 1.5 and is_seen.mean() > 0.7
    assert sample.depth_gt is not None and sample.valid is not None
    known = sample.valid[0].numpy() & is_seen
    np.testing.assert_allclose(sample.depth_gt[0].numpy()[known], (2 + 0.5 * expected_x)[known], atol=0.03)


def test_what_the_lens_did_not_see_is_no_scene() -> None:
    pincushion = Undistorter(CAMERA, Lens(kind="radial-tangential", coefficients=(0.4,)))
    assert scene_through(None, None) is None
    mask = torch.ones(1, 64, 96, dtype=torch.bool)
    mask[:, 40:] = False
    seen = scene_through(pincushion, mask)
    assert seen is not None and not seen[0, 0, 0] and not seen[0, 50, 48] and seen[0, 30, 48]
