"""The frames whose camera path is estimated together; what a run keeps of it, and how long it may take."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoWarning
from hondo.core.preparing.scratch import Scratch, scratch_of_run
from hondo.data.datasets.clip import Frames
from hondo.models.registry.build_model import build_model
from hondo.train.objectives import two_view_poses
from hondo.train.objectives.two_view_poses import linked_frames, with_camera_path


@pytest.fixture
def clip(tmp_path: Path) -> Frames:
    """Seven images of a wall that passes by."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 104, 3), dtype=np.uint8)
    wall = cv2.GaussianBlur(noise, (0, 0), 1.5)
    (tmp_path / "clip").mkdir()
    for number in range(7):
        cv2.imwrite(str(tmp_path / "clip" / f"{number}.png"), wall[:, 3 * number : 3 * number + 64])
    return Frames(tmp_path / "clip", camera="40,40,32,32", sources=(-1, 1), size_hw=(64, 64))


def test_a_run_keeps_the_path_and_resumes_without_finding_it_again(clip, tmp_path, monkeypatch):
    model = build_model("unet-light", weights="random")
    with scratch_of_run(tmp_path / "run"):
        found = with_camera_path(clip, model).poses
        monkeypatch.setattr(two_view_poses, "camera_path", None)
        np.testing.assert_array_equal(with_camera_path(clip, model).poses, found)
    clip.targets = clip.targets[1:]
    with scratch_of_run(tmp_path / "run"), pytest.raises(TypeError):  # of other frames
        with_camera_path(clip, model)


def test_frames_that_the_time_does_not_reach_are_left_out(clip, tmp_path, monkeypatch):
    calls = iter([False] * 4 + [True] * 9)
    monkeypatch.setattr(Scratch, "is_late", property(lambda self: next(calls)))
    model = build_model("unet-light", weights="random")
    with scratch_of_run(tmp_path), pytest.warns(HondoWarning, match="reached 4 of 7 frames in half of optim.max_sec"):
        with_camera_path(clip, model)
    assert list(clip.targets) == [1, 2]
    again = Frames(clip.root, camera="40,40,32,32", sources=(-1, 1), size_hw=(64, 64))
    with scratch_of_run(tmp_path), pytest.warns(HondoWarning, match="4 of 7"):
        with_camera_path(again, model)
    assert list(again.targets) == [1, 2]  # a resumed run has the same samples


def test_frames_are_cut_where_no_target_and_source_lie_on_both_sides():
    assert linked_frames(range(1, 5), (-1, 1)) == [[0, 1, 2, 3, 4, 5]]
    assert linked_frames([1, 11, 12], (-1, 1)) == [[0, 1, 2], [10, 11, 12, 13]]
    assert linked_frames([5, 20], (-3,)) == [[2, 5], [17, 20]]
    assert linked_frames([0, 1], (4,)) == [[0, 1, 4, 5]]
    assert linked_frames([0, 10], ()) == [[0], [10]]
