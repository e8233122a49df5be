"""Stereo pairs as people have them: two folders, a side-by-side video or images, and calibration in several forms."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.clips import open_clips
from hondo.data.datasets.stereo_pair import left_and_right_half
from hondo.images.read import write_image
from hondo.images.video_writer import VideoWriter

SIZE, COUNT = (48, 64), 3
CAMERA = {"fx": 60.0, "fy": 60.0, "cx": 32.0, "cy": 24.0, "width": SIZE[1], "height": SIZE[0], "baseline": 0.12}


def views() -> list[tuple[np.ndarray, np.ndarray]]:
    noise = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (SIZE[0], 160, 3), dtype=np.uint8), (0, 0), 2)
    return [(noise[:, 8 * n : 8 * n + SIZE[1]], noise[:, 8 * n + 4 : 8 * n + 4 + SIZE[1]]) for n in range(COUNT)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, (left, right) in enumerate(views()):
        for name, image in (("a", left), ("b", right), ("both", np.concatenate((left, right), axis=1))):
            (tmp_path / name).mkdir(exist_ok=True)
            write_image(tmp_path / name / f"{number:03d}.png", image)
    (tmp_path / "camera.json").write_text(json.dumps(CAMERA))
    return tmp_path


def check(samples: Frames) -> None:
    assert len(samples) == COUNT
    for sample, (left, right) in zip(samples, views(), strict=True):
        shown = [(view.permute(1, 2, 0).numpy() * 255).round() for view in (sample.image, sample.sources[0].image)]
        np.testing.assert_allclose(shown[0], left, atol=1)
        np.testing.assert_allclose(shown[1], right, atol=1)
        assert sample.camera.fx == 60.0 and tuple(sample.camera.size_hw) == SIZE
        assert sample.sources[0].T_source_target[0, 3] == pytest.approx(-0.12)


def test_two_folders_of_any_name_and_the_baseline_of_the_calibration(folder: Path) -> None:
    check(Frames(folder / "a", right=folder / "b", camera=folder / "camera.json", sources=("stereo",)))


def test_images_side_by_side_have_the_intrinsics_of_one_half(folder: Path) -> None:
    options = {"right": "side-by-side", "camera": folder / "camera.json", "sources": ("stereo",)}
    check(Frames(folder / "both", **options))
    small = open_clips(folder / "both", size_hw=SIZE, multiple_of=16, **options)
    assert small[0].image.shape[-2:] == SIZE  # the aspect of a half
    with pytest.raises(HondoError, match="cannot be cropped"):
        Frames(folder / "both", crop=(0, 0, 32, 32), **options)
    with pytest.raises(HondoError, match="cannot be halved"):
        left_and_right_half((48, 127))


@pytest.mark.parametrize("kind", ["side-by-side", "two videos"])
def test_videos(folder: Path, kind: str) -> None:
    files = {name: folder / f"{name}.mp4" for name in ("a", "b", "both")}
    for name, path in files.items():
        with VideoWriter(path, fps=10, size_hw=(SIZE[0], SIZE[1] * (1 + (name == "both")))) as writer:
            for number in range(COUNT):
                writer.write(cv2.imread(str(folder / name / f"{number:03d}.png"))[..., ::-1])
    root, right = (files["both"], "side-by-side") if kind == "side-by-side" else (files["a"], files["b"])
    samples = Frames(root, right=right, camera=folder / "camera.json", sources=("stereo",))
    assert len(samples) == COUNT and samples.frame_hw == SIZE
    left, right_view = views()[1]
    sample = samples[1]
    for view, truth in ((sample.image, left), (sample.sources[0].image, right_view)):
        assert np.abs(view.permute(1, 2, 0).numpy() * 255 - truth).mean() < 12  # compressed


def test_what_is_missing_is_named(folder: Path) -> None:
    options = {"camera": folder / "camera.json", "sources": ("stereo",)}
    with pytest.raises(HondoError, match=r"data\.right=FOLDER"):
        Frames(folder / "a", **options)
    (folder / "a").rename(folder / "left")
    with pytest.raises(HondoError, match=r"left/ is there and right/ is missing"):
        Frames(folder, **options)
    (folder / "b" / "001.png").unlink()
    with pytest.raises(HondoError, match=r"3 left and 2 right images.*001\.png has none"):
        Frames(folder / "left", right=folder / "b", **options)


def test_sides_of_different_size(folder: Path) -> None:
    write_image(folder / "b" / "001.png", np.zeros((24, 32, 3), np.uint8))
    samples = Frames(folder / "a", right=folder / "b", camera=folder / "camera.json", sources=("stereo",))
    with pytest.raises(HondoError, match="the right image is 32x24, the first of the clip 64x48"):
        samples.check_sizes()
