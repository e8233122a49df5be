"""The mask of a clip: cropped and resized with its images, refused where it does not fit."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.data.augment.geometric import flip, zoom
from hondo.data.datasets.clip import Frames
from hondo.data.loading.collate import collate
from hondo.data.partners.scene_mask import read_mask

HW = (40, 64)


def write_clip(folder: Path, *, count: int = 3) -> Path:
    """Frames of noise whose lower quarter is a hood, and its mask."""
    folder.mkdir()
    for number in range(count):
        image = np.random.default_rng(number).integers(0, 255, (*HW, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), image)
    mask = np.full(HW, 255, np.uint8)
    mask[30:] = 0
    path = folder.parent / "mask.png"
    cv2.imwrite(str(path), mask)
    return path


def test_a_mask_is_cropped_and_resized(tmp_path: Path):
    path = write_clip(tmp_path / "clip")
    whole = read_mask(path, full_hw=HW, crop=None, size_hw=(20, 32))
    assert whole[0, :15].all() and not whole[0, 15:].any()
    assert read_mask(path, full_hw=(80, 128), crop=(0, 0, 60, 128), size_hw=(30, 64)).all()
    with pytest.raises(HondoError, match="leaves no pixel"):
        read_mask(path, full_hw=HW, crop=(30, 0, 10, 64), size_hw=(10, 64))
    with pytest.raises(HondoError, match="mask is 64x40, the clip 64x64"):
        read_mask(path, full_hw=(64, 64), crop=None, size_hw=(64, 64))


def test_crop_and_mask_follow_the_images_into_a_batch(tmp_path: Path):
    path = write_clip(tmp_path / "clip")
    options = {"sources": (-1, 1), "camera": "60,60,32,20"}
    plain = Frames(tmp_path / "clip", **options)[0]
    sample = Frames(tmp_path / "clip", mask=path, crop=(8, 16, 32, 48), **options)[0]
    assert torch.equal(sample.image, plain.image[:, 8:40, 16:64])
    assert (sample.camera.cx, sample.camera.cy, sample.camera.size_hw) == (16, 12, (32, 48))
    assert sample.is_scene[0, :22].all() and not sample.is_scene[0, 22:].any()
    padded = Frames(tmp_path / "clip", mask=path, size_hw=(40, 40), **options)[0].is_scene
    assert not padded[0, 0].any()  # what is padded shows no scene either
    whole = Frames(tmp_path / "clip", crop=(8, 16, 32, 48), **options)[0]
    batch = collate([sample, whole])
    assert batch.is_scene[1].all() and torch.equal(batch.is_scene[0], sample.is_scene)
    assert collate([whole]).is_scene is None
    batch.is_scene[0, 0, :, :5] = False
    assert not flip(batch, torch.tensor([True, False])).is_scene[0, 0, :, -5:].any()
    window = zoom(batch, top=torch.full((2,), 22.0), left=torch.zeros(2), scale=torch.ones(2), size_hw=(10, 48))
    assert not window.is_scene[0].any() and window.is_scene[1].all()


def test_a_crop_outside_the_image_is_refused(tmp_path: Path):
    write_clip(tmp_path / "clip")
    with pytest.raises(HondoError, match="not a window of at least 16x16 pixels in an image of 40x64"):
        Frames(tmp_path / "clip", crop=(20, 0, 30, 64))
