"""Recordings of a stream can be played, scored and read again."""

import json

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, DepthMap
from hondo.data.datasets.poses import read_poses
from hondo.images.depth_file import read_png16
from hondo.images.read import write_image
from hondo.images.video_file import probe_video, read_video
from hondo.video.live.live_stream import Stream
from hondo.video.sinks.record import Recorder, record
from hondo.video.sources.live_frame import LiveFrame


def live(number: int, *, size_hw=(24, 48), pose=None) -> LiveFrame:
    depth_map = DepthMap(values=np.full(size_hw, 1 + number, np.float32), kind=DepthKind.METRIC_DEPTH)
    return LiveFrame(
        number=number, image=np.full((*size_hw, 3), 20 * number, np.uint8), depth_map=depth_map, near_far=(1.0, 9.0),
        captured_at=0.0, done_at=0.01, time_s=number / 10, T_world_camera=pose,
    )  # fmt: skip


def test_a_recording_holds_videos_maps_times_and_poses(tmp_path) -> None:
    pose = np.eye(4)
    pose[0, 3] = 2.5
    with Recorder(tmp_path, model="m") as recorder:
        for number in (0, 1, 4):
            recorder.add(live(number, pose=pose if number else None))
    assert recorder.count == 3
    for name in ("live.mp4", "live.depth.mp4"):
        assert [frame.time_s for frame in read_video(tmp_path / name)] == pytest.approx([0, 0.1, 0.4], abs=1e-3)
    assert (read_png16(tmp_path / "live.depth" / "000002.depth.png").values == 5).all()
    stored = json.loads((tmp_path / "predictions.json").read_text())
    assert stored["model"] == "m" and [item["time_s"] for item in stored["items"]] == [0, 0.1, 0.4]
    poses = read_poses(tmp_path / "poses.txt")
    assert np.isnan(poses[0]).all() and (poses[1] == pose).all() and (poses[2] == pose).all()


def test_another_size_begins_another_part(tmp_path) -> None:
    with Recorder(tmp_path) as recorder:
        recorder.add(live(0))
        recorder.add(live(1, size_hw=(32, 32)))
    assert probe_video(tmp_path / "live.mp4").size_hw == (24, 48)
    assert probe_video(tmp_path / "live_2.depth.mp4").size_hw == (32, 32)
    assert (tmp_path / "live_2.depth" / "000000.depth.png").exists() and not (tmp_path / "poses.txt").exists()


def test_a_stream_is_recorded_to_its_end(red, tmp_path, image) -> None:
    for number in range(5):
        write_image(tmp_path / "in" / f"{number}.png", image)
    with Stream(str(tmp_path / "in"), red, folder_fps=10) as stream:
        count = record(stream, tmp_path / "out")
    assert 3 <= count <= 5 and len(list((tmp_path / "out" / "live.depth").iterdir())) == count


def test_an_error_keeps_what_is_written(tmp_path) -> None:
    with pytest.raises(HondoError, match="stop"), Recorder(tmp_path) as recorder:
        recorder.add(live(0))
        raise HondoError("stop")
    assert len(list(read_video(tmp_path / "live.mp4"))) == 1
    assert len(json.loads((tmp_path / "predictions.json").read_text())["items"]) == 1
