"""Clips: order, neighbours, poses, depth by name and by order, padding instead of distortion."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.types import Camera
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.embedded_clip import embedded_clip

CAMERA = Camera(fx=30, fy=30, cx=16, cy=10, size_hw=(20, 32))


def grey(image: torch.Tensor) -> int:
    return round(float(image.mean()) * 255)


def test_a_whole_clip_by_its_folder(clip: Path):
    samples = Frames(clip)
    assert [Path(origin).name for origin in samples.origins] == ["0000.png", "0002.png", "0004.png"]
    sample = samples[1]
    assert grey(sample.image) == 40 and sample.camera == CAMERA
    assert float(sample.depth_gt[0, 5, 5]) == 3 and not sample.valid[0, 0].any() and sample.valid[0, 1:].all()


def test_neighbours_with_poses(clip: Path):
    samples = Frames(clip, sources=(-1, 2))
    assert len(samples) == 3  # frames 1, 2, 3 have both
    sample = samples[0]
    assert grey(sample.image) == 20 and [grey(view.image) for view in sample.sources] == [0, 60]
    assert [view.role for view in sample.sources] == [-1, 2]
    # the earlier camera is 0.1 m behind: a point lies 0.1 m farther from it
    point = torch.tensor([0.0, 0.0, 5.0, 1.0])
    depths = [float((view.T_source_target @ point)[2]) for view in sample.sources]
    assert depths == pytest.approx([5.1, 4.8])
    assert sample.depth_gt is None and samples[1].depth_gt is not None


def test_plain_folder_with_options(clip: Path):
    samples = Frames(clip / "images", camera="30,30,16,10", depth=clip / "depth", divide_by=500, start=1, stop=5)
    assert [Path(origin).name for origin in samples.origins] == ["0002.png", "0004.png"]
    assert float(samples[0].depth_gt.max()) == 6
    assert Frames(clip / "images")[0].camera is None
    assert len(Frames(clip, with_depth=False)) == 6 and len(Frames(clip, with_depth=False, every=4)) == 2
    assert len(Frames(clip, only="0002")) == 1


def test_depth_by_order(clip: Path):
    for index, path in enumerate(sorted((clip / "depth").iterdir())):
        path.rename(path.with_name(f"scan_{index}.png"))
    with pytest.raises(HondoError, match=r"have no image of the same name.*depth_every"):
        Frames(clip)
    samples = Frames(clip, depth_every=2)
    assert [float(sample.depth_gt.max()) for sample in samples] == [1, 3, 5]
    with pytest.raises(HondoError, match="do not fit 6 frames"):
        Frames(clip, depth_every=3)


def test_depth_of_another_resolution(clip: Path):
    cv2.imwrite(str(clip / "depth/0000.png"), np.full((10, 16), 4000, dtype=np.uint16))
    assert Frames(clip)[0].depth_gt.shape == (1, 20, 32)
    cv2.imwrite(str(clip / "depth/0000.png"), np.full((16, 16), 4000, dtype=np.uint16))
    with pytest.raises(HondoError, match="another shape"):
        Frames(clip)[0]


def test_numbers_in_names_are_sorted_as_numbers(tmp_path: Path):
    for index in (10, 9, 1):
        cv2.imwrite(str(tmp_path / f"frame{index}.png"), np.zeros((8, 8, 3), dtype=np.uint8))
    assert [Path(origin).stem for origin in Frames(tmp_path).origins] == ["frame1", "frame9", "frame10"]


def test_fitted_never_distorted(clip: Path):
    sample = Frames(clip, size_hw=(40, 80), sources=(1,), with_depth=True)[0]
    assert sample.image.shape == sample.sources[0].image.shape == (3, 40, 80)
    assert (sample.camera.fx, sample.camera.fy, sample.camera.cx, sample.camera.cy) == (60, 60, 40, 20)
    assert sample.valid[0, 2:, 8:72].all() and not sample.valid[..., :8].any() and not sample.valid[..., 72:].any()


def test_intrinsics_of_another_size_are_scaled_or_refused(clip: Path):
    stored = {"fx": 60, "fy": 60, "cx": 32, "cy": 20, "width": 64, "height": 40}
    (clip / "intrinsics.json").write_text(json.dumps(stored))
    assert Frames(clip)[0].camera == CAMERA
    (clip / "intrinsics.json").write_text(json.dumps(stored | {"width": 80, "cx": 40}))
    with pytest.raises(HondoError, match=r"of a 80x40 image .* this one is 32x20"):
        Frames(clip)


def test_a_video_file(tmp_path: Path):
    from hondo.images.video_writer import VideoWriter

    path = tmp_path / "walk.mp4"
    with VideoWriter(path, size_hw=(64, 96), fps=10) as writer:
        for index in range(5):
            writer.write(np.full((64, 96, 3), 40 * index, dtype=np.uint8))
    samples = Frames(path, camera="90,90,48,32", sources=(-1, 1), size_hw=(32, 64))
    assert len(samples) == 3 and samples.origins[0] == f"{path}#000001"
    sample = samples[1]
    assert abs(grey(sample.image) - 80) <= 3 and abs(grey(sample.sources[1].image) - 120) <= 3
    assert (sample.camera.fx, sample.camera.cx, sample.camera.cy) == (45, 32, 16)


def test_the_embedded_clip():
    clip = embedded_clip()
    samples = Frames(clip.folder)
    assert len(samples) == 24
    sample = samples[0]
    assert sample.camera is not None and 0.3 < float(sample.valid.float().mean()) < 0.95
    assert 0.3 < float(sample.depth_gt[sample.valid].median()) < 8
    assert len(Frames(clip.folder, sources=(-1, 1))) == 94


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"sources": (0, 1)}, "offsets other than 0"),
        ({"sources": (1, 1)}, "different offsets"),
        ({"sources": (-9, 9)}, "no frame to use of 6"),
        ({"only": "zebra"}, "no frame to use"),
        ({"every": 0}, "every must be 1"),
        ({"divide_by": 0.0}, "divide_by positive"),
        ({"camera": "nowhere.json"}, "no such file, and not fx,fy,cx,cy"),
        ({"camera": "525,525,320,240"}, "principal point"),
        ({"depth": "nowhere"}, "no such folder of depth maps"),
    ],
)
def test_refusals(clip: Path, options: dict, says: str):
    with pytest.raises(HondoError, match=says):
        Frames(clip, **options)


def test_sources_on_disk_that_are_wrong(clip: Path, tmp_path: Path):
    with pytest.raises(HondoError, match="no such file or folder"):
        Frames(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(HondoError, match="no images"):
        Frames(tmp_path / "empty")
    cv2.imwrite(str(clip / "images/0003.png"), np.zeros((24, 32, 3), dtype=np.uint8))
    with pytest.raises(HondoError, match="a clip has one size"):
        Frames(clip, with_depth=False)[3]
    (clip / "poses.txt").write_text("1 0 0 0 0 1 0 0 0 0 1 0\n")
    with pytest.raises(HondoError, match="poses of 1 frames, but the clip has 6"):
        Frames(clip)


def test_exif_stands_in_for_unknown_intrinsics(tmp_path: Path):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 26
    for number in range(3):
        Image.new("RGB", (32, 20)).save(tmp_path / f"{number}.jpg", exif=exif.tobytes())
    samples = Frames(tmp_path, sources=(1,))
    assert samples.camera is None
    with pytest.warns(HondoWarning, match="focal length in EXIF"):
        samples.use_exif_camera()
    assert samples[0].camera is not None and samples[0].camera.fx == pytest.approx(26 / 43.2666 * np.hypot(20, 32))
    assert Frames(tmp_path, sources=(1,), camera=(30, 30.5, 16, 10)).camera.fy == 30.5


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_a_stack_holds_the_maps_of_all_frames(clip: Path, suffix: str):
    stack = np.stack([np.full((20, 32), 1 + index, np.float32) for index in range(6)])
    np.save(clip / "d.npy", stack) if suffix == ".npy" else np.savez(clip / "d.npz", depth=stack)
    samples = Frames(clip, depth=clip / f"d{suffix}", divide_by=1)
    assert [float(sample.depth_gt.max()) for sample in samples] == [1, 2, 3, 4, 5, 6]
    every = Frames(clip, depth=clip / f"d{suffix}", divide_by=1, with_depth=False)
    assert len(every) == 6
    np.save(clip / "short.npy", stack[:5])
    with pytest.raises(HondoError, match="a stack of 5 depth maps does not fit 6 images"):
        Frames(clip, depth=clip / "short.npy")


def test_colour_and_depth_in_one_folder(tmp_path: Path):
    """The layout of 7-Scenes."""
    for index in range(4):
        cv2.imwrite(str(tmp_path / f"frame-{index:06d}.color.png"), np.full((20, 32, 3), 20 * index, np.uint8))
        cv2.imwrite(str(tmp_path / f"frame-{index:06d}.depth.png"), np.full((20, 32), 1000 * (1 + index), np.uint16))
    with pytest.warns(HondoWarning, match="left out 4 depth maps"):
        samples = Frames(tmp_path, depth=tmp_path)
    assert [float(sample.depth_gt.max()) for sample in samples] == [1, 2, 3, 4]


def test_too_few_frames_for_their_neighbours(tmp_path: Path):
    for index in range(2):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.zeros((20, 32, 3), np.uint8))
    with pytest.raises(HondoError, match=r"no frame to use of 2: each needs its neighbours \(-1, 1\), and 2 are used"):
        Frames(tmp_path, sources=(-1, 1))
