"""Frames for Rerun: the file where rerun-sdk is installed, the depth that is shown, the error where it is not."""

import time
from importlib.util import find_spec

import numpy as np
import pytest

from hondo.core.errors import MissingExtraError
from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.video.sinks.rerun_log import RerunLog, shown_depth
from hondo.video.sources.live_frame import LiveFrame

has_rerun = find_spec("rerun") is not None


def frame(number: int) -> LiveFrame:
    camera = Camera(fx=8, fy=8, cx=4, cy=3, size_hw=(6, 8))
    depth_map = DepthMap(values=np.full((6, 8), 2.0, np.float32), kind=DepthKind.METRIC_DEPTH, camera=camera)
    return LiveFrame(
        number=number, image=np.zeros((6, 8, 3), np.uint8), depth_map=depth_map, near_far=(1.0, 3.0),
        captured_at=time.monotonic(), done_at=time.monotonic(), time_s=number / 10, T_world_camera=np.eye(4),
    )  # fmt: skip


@pytest.mark.skipif(not has_rerun, reason="rerun-sdk is not installed (extra rerun)")
def test_a_file_is_written(tmp_path) -> None:
    with RerunLog(tmp_path / "x.rrd") as log:
        for number in range(3):
            log.add(frame(number))
    assert (tmp_path / "x.rrd").read_bytes().startswith(b"RRF")


@pytest.mark.skipif(has_rerun, reason="rerun-sdk is installed")
def test_the_extra_is_named(tmp_path) -> None:
    with pytest.raises(MissingExtraError, match=r"hondo\[rerun\]"):
        RerunLog(tmp_path / "x.rrd")


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        (DepthKind.METRIC_DEPTH, [2.0, np.nan], [2.0, 0.0]),
        (DepthKind.METRIC_INVERSE_DEPTH, [0.5, 0.0], [2.0, 0.0]),
        (DepthKind.SCALED_INVERSE_DEPTH, [0.25, np.nan], [4.0, 0.0]),
        (DepthKind.RELATIVE_INVERSE_DEPTH, [-1.0, 1.0], [0.0, 1.0]),
    ],
)
def test_the_depth_that_is_shown(kind, values, wanted) -> None:
    depth_map = DepthMap(values=np.array([values], np.float32), kind=kind)
    assert shown_depth(depth_map).tolist() == [wanted]
