"""Several clips as one data set, stereo pairs, and the frames of a video that are unpacked."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.data.datasets.clip import FrameChoice, Frames
from hondo.data.datasets.clips import Clips, clips_of, find_clips, open_clips
from hondo.data.loading.batches import ShuffledBatches
from hondo.data.loading.collate import collate
from hondo.images.unpacked_video import remove_abandoned
from hondo.images.video_writer import VideoWriter
from tests.data.conftest import write_clip


@pytest.fixture
def drives(tmp_path):
    write_clip(tmp_path / "drives/d2", count=4, size_hw=(20, 32))
    write_clip(tmp_path / "drives/d10", count=5, size_hw=(24, 32))
    (tmp_path / "drives/d10/K.txt").write_text("40 0 16\n0 40 12\n0 0 1\n")
    return tmp_path / "drives"


@pytest.mark.parametrize("form", ["folder", "paths", "comma", "glob"])
def test_every_way_to_name_several_clips(drives, form):
    both = [drives / "d10", drives / "d2"]
    given = {"folder": drives, "paths": both, "comma": f"{both[0]},{both[1]}", "glob": str(drives / "d*")}[form]
    assert sorted(find_clips(given)) == both
    assert form not in ("folder", "glob") or find_clips(given) == both[::-1]  # natural order


def test_neighbours_never_cross_clips_and_cameras_are_their_own(drives):
    samples = open_clips(drives, sources=(-1, 1))
    assert isinstance(samples, Clips) and len(samples) == (4 - 2) + (5 - 2) and len(set(samples.origins)) == 5
    for index in range(len(samples)):
        sample = samples[index]
        assert sample.camera.fx == (40 if "d10" in sample.origin else 30)
        assert all(view.image.shape == sample.image.shape for view in sample.sources)
        grey = [round(float(image.mean()) * 255) for image in (sample.image, *(view.image for view in sample.sources))]
        assert grey == [grey[0], grey[0] - 20, grey[0] + 20]
    assert sorted(map(len, samples.groups)) == [2, 3]
    with pytest.raises(IndexError):
        samples[5]


def test_each_clip_keeps_its_aspect_and_batches_hold_one_size(drives):
    samples = open_clips(drives, sources=(1,), size_hw=(32, 48), multiple_of=8)
    batches = ShuffledBatches(samples, batch_size=2, collate=collate, workers=0)
    sizes, seen = set(), set()
    for number in range(len(batches)):
        batch = batches.batch(number)
        assert len(batch.image) == 2
        sizes.add(tuple(batch.image.shape[-2:]))
        seen |= set(batch.origins)
    assert len(sizes) == 2 and seen == set(samples.origins)


def test_one_clip_stays_frames_and_a_wrong_path_is_named(drives, tmp_path):
    assert isinstance(open_clips(drives / "d2"), Frames) and len(clips_of(open_clips(drives))) == 2
    with pytest.raises(HondoError, match="nowhere: no such file or folder"):
        open_clips(tmp_path / "nowhere")


def test_a_clip_that_cannot_be_used_is_left_out_with_a_word(drives):
    write_clip(drives / "d3", count=1)
    with pytest.warns(UserWarning, match="1 of 3 clips cannot be used and are left out"):
        samples = open_clips(drives, sources=(-1, 1))
    assert len(samples.clips) == 2


def test_a_frame_of_another_size_is_found_before_training(drives):
    clip = open_clips(drives / "d2", sources=(1,))
    clip.check_sizes()
    cv2.imwrite(str(drives / "d2/images/0002.png"), np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(HondoError, match=r"0002\.png: the image is 10x10, the first of the clip 32x20"):
        clip.check_sizes()


@pytest.fixture
def pairs(tmp_path):
    for side, level in (("left", 0), ("right", 100)):
        (tmp_path / "s" / side).mkdir(parents=True)
        for number in range(3):
            image = np.full((20, 32, 3), level + number, np.uint8)
            cv2.imwrite(str(tmp_path / "s" / side / f"{side}_{number:03d}.png"), image)
    return tmp_path / "s"


def test_a_stereo_pair_has_the_right_image_and_its_pose_in_metres(pairs):
    for root in (pairs, pairs / "left"):
        samples = open_clips(root, sources=("stereo",), baseline=0.12, camera="30,30,16,10")
        sample = samples[2]
        assert len(samples) == 3 and isinstance(sample, Sample) and sample.sources[0].role == "stereo"
        assert round(float(sample.sources[0].image.mean()) * 255) == 102
        point = sample.sources[0].T_source_target @ torch.tensor([1.0, 0, 2, 1])
        torch.testing.assert_close(point[:3], torch.tensor([0.88, 0, 2]))


def test_stereo_pairs_ask_for_their_baseline_and_must_pair(pairs):
    with pytest.raises(HondoError, match=r"holds stereo pairs; give data\.baseline=METRES"):
        open_clips(pairs, sources=("stereo",))
    os.remove(pairs / "right/right_001.png")
    with pytest.raises(HondoError, match="3 left and 2 right images whose names do not pair"):
        open_clips(pairs, sources=("stereo",), baseline=0.1)


@pytest.fixture
def video(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    with VideoWriter(tmp_path / "v.mp4", size_hw=(32, 48), fps=10) as writer:
        for number in range(40):
            writer.write(np.full((32, 48, 3), 6 * number, np.uint8))
    return tmp_path / "v.mp4"


@pytest.mark.parametrize(
    ("options", "count"),
    [({"stop": 5}, 5), ({"every": 10}, 12), ({"start": 20, "stop": 25}, 5), ({}, 40), ({"start": -5}, 40)],
)
def test_only_the_frames_in_use_are_unpacked(video, options, count):
    samples = open_clips(video, sources=(-1, 1), **options)
    files = sorted(samples.images[0].parent.glob("*.png"))
    assert len(files) == count and set(map(int, (file.stem for file in files))) >= set(samples.used)
    sample = samples[0]
    grey = [float(image.mean()) * 255 for image in (sample.image, *(view.image for view in sample.sources))]
    assert abs(grey[1] - grey[0] + 6) < 3 and abs(grey[2] - grey[0] - 6) < 3
    assert abs(grey[0] - 6 * samples.targets[0]) < 4


def test_a_choice_of_frames_agrees_with_the_slice():
    for start, stop, every, offsets in [(3, 30, 7, (-1, 1)), (0, None, 4, (2,)), (0, 20, 5, (-3,))]:
        frames = range(40)[start:stop]
        targets = [frame for frame in frames if all(frame + offset in frames for offset in offsets)][::every]
        used = {target + offset for target in targets for offset in (0, *offsets)}
        choice = FrameChoice(start=start, stop=stop, every=every, offsets=offsets)
        assert used <= {frame for frame in frames if choice.is_used(frame)}
        assert sum(choice.is_used(frame) for frame in frames) <= len(used) + len(offsets)


def test_frames_that_a_killed_run_left_are_removed_and_those_in_use_stay(video):
    code = "import time; from hondo.images.unpacked_video import _temporary_folder as make"
    code += "; print(make(), flush=True); time.sleep(60)"
    environment = os.environ | {"TMPDIR": tempfile.gettempdir(), "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
    folder = Path(child.stdout.readline().strip())
    remove_abandoned(folder.parent)
    assert folder.exists()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    deadline = time.monotonic() + 5
    while folder.exists() and time.monotonic() < deadline:
        remove_abandoned(folder.parent)
    assert not folder.exists()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_link_to_a_clip_is_the_same_clip(drives):
    (drives / "latest").symlink_to(drives / "d2")
    assert "latest" not in [clip.name for clip in find_clips(drives)]
