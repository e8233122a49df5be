"""From sources to dataset.json: what training then reads; what teaches nothing is refused with the measured motion."""

import json

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.clips import open_planned
from hondo.images.read import read_image
from hondo.mapping.doctor.examine import examine_sources
from tests.mapping.doctor.conftest import CAMERA, write

K = f"{CAMERA.fx},{CAMERA.fy},{CAMERA.cx},{CAMERA.cy}"


def test_several_sources_become_clips_with_crop_and_mask(walked, tmp_path):
    hooded = [image.copy() for image in walked]
    for image in hooded:
        cv2.ellipse(image, (96, 150), (80, 34), 0, 0, 360, (50, 60, 70), -1)
        image[:, :16] = 0
    sources = [write(tmp_path / "plain", walked), write(tmp_path / "hooded", hooded)]
    plain, masked = examine_sources(sources, out=tmp_path / "out", camera=K)
    assert plain.clip.mask is None and plain.clip.crop is None and not plain.refused
    assert masked.clip.crop[1] == pytest.approx(16, abs=2) and masked.clip.mask.name == "mask-1.png"
    assert any("black bars" in line for line in masked.findings) and any("masked" in line for line in masked.findings)
    assert read_image(tmp_path / "out" / "sheet.png").shape[1] > 1000
    stored = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert stored["clips"][1]["mask"] == "mask-1.png" and stored["clips"][0]["measured"]["frames"] == 14
    samples = open_planned(tmp_path / "out" / "dataset.json", multiple_of=32)
    sample = samples[len(samples) - 1]
    assert sample.is_scene is not None and not sample.is_scene[0, -4:, 90:100].any()
    assert sample.camera.fx == pytest.approx(CAMERA.fx * sample.image.shape[-2] / 144, rel=0.05)
    assert [view.role for view in sample.sources] == [-masked.clip.stride, masked.clip.stride]


def test_what_stands_or_only_turns_is_refused(walked, tmp_path):
    still, turning = write(tmp_path / "still", [walked[0]] * 5), tmp_path / "turning"
    wide = cv2.resize(np.concatenate(walked[:3], axis=1), (900, 225))
    write(turning, [wide[20:164, 30 + 5 * number : 222 + 5 * number] for number in range(8)])
    with pytest.raises(HondoError, match=r"still: nothing can be learned without motion: .* differ by 0\.0"):
        examine_sources([still], out=tmp_path / "out", camera=K)
    with pytest.raises(HondoError, match="turning: the camera only turns: a rotation explains"):
        examine_sources([turning], out=tmp_path / "out", camera=f"{50 * CAMERA.fx},{50 * CAMERA.fx},96,72")
    assert not (tmp_path / "out" / "dataset.json").exists()


def test_intrinsics_in_normalised_units_are_recognised(walked, tmp_path):
    with pytest.raises(HondoError, match="divided by the image's width and height; multiply by 192 and 144"):
        examine_sources([write(tmp_path / "clip", walked[:2])], out=tmp_path, camera="0.7,0.95,0.5,0.5")


def test_without_intrinsics_the_clip_gets_those_that_its_motion_shows(walked, tmp_path):
    (found,) = examine_sources([write(tmp_path / "clip", walked)], out=tmp_path / "out")
    assert found.given is None and found.focal.is_determined
    assert found.clip.camera == pytest.approx((found.focal.focal, found.focal.focal, 96, 72))
