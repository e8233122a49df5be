"""Images, video and point cloud of the demo."""

from pathlib import Path

import numpy as np

from hondo.core.types import DepthKind, DepthMap
from hondo.geometry.point_cloud import read_ply
from hondo.images.read import read_image
from hondo.images.video_file import probe_video
from hondo.recipes.demo.demo_clip import DemoClip
from hondo.recipes.demo.demo_config import ProgressReporter
from hondo.recipes.demo.demo_images import (
    clip_range,
    edge_window,
    without_hairlines,
    write_cloud,
    write_sheet,
    write_video,
)
from tests.recipes.demo.clip_maps import maps_of


def test_images_video_and_points(clip: DemoClip, tmp_path: Path) -> None:
    maps = maps_of(clip)
    assert read_image(write_sheet(tmp_path / "s.jpg", maps, maps, clip)).shape[1] == 4 * (256 + 8) - 8
    info = probe_video(write_video(tmp_path / "v.mp4", maps, maps, clip, progress=ProgressReporter()))
    assert info.size_hw[1] == 3 * 384 and info.frame_count == 9
    points, colors = read_ply(write_cloud(tmp_path / "p.ply", maps, clip))
    assert len(points) == 256 * 384 and colors is not None


def test_hairlines_are_closed_and_holes_stay() -> None:
    values = np.full((12, 12), 2.0, np.float32)
    values[5], values[8:, 8:] = np.nan, np.nan
    shown = without_hairlines(DepthMap(values=values, kind=DepthKind.METRIC_DEPTH)).values
    assert (shown[5] == 2).all() and np.isnan(shown[9:, 9:]).all() and (shown[:5] == 2).all()


def test_the_colours_span_the_whole_clip() -> None:
    maps = [
        DepthMap(values=np.full((16, 16), value, np.float32), kind=DepthKind.SCALED_INVERSE_DEPTH) for value in (1, 3)
    ]
    assert clip_range(maps) == (3.0, 1.0)


def test_the_close_up_is_where_depth_jumps() -> None:
    depth = np.full((60, 90), 2.0, np.float32)
    depth[40:50, 60:75] = 4.0
    depth[:, :5] = np.nan
    rows, columns = edge_window(depth)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (20, 30)
    assert rows.start <= 40 < 50 <= rows.stop and columns.start <= 60 < 75 <= columns.stop
