"""The option's text, and the maps and items of images and videos with it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.models.registry.facts import stored_facts
from hondo.video.predict.manifest import Item
from hondo.video.predict.metric_from import TRAINING_FOCAL, MetricFrom
from hondo.video.sources.source_list import Source, SourceKind

IMAGE = Source(text="a.png", kind=SourceKind.IMAGE, stem="a")
VIDEO = Source(text="v.mp4", kind=SourceKind.VIDEO, stem="v")


def depth_map(value: float = 2.0) -> DepthMap:
    return DepthMap(values=np.full((6, 8), value, np.float32), kind=DepthKind.SCALED_INVERSE_DEPTH)


def test_a_known_distance_gives_metres_and_says_how() -> None:
    item, found = MetricFrom.parse("known=4,3,5").apply(IMAGE, Item(source="a.png"), depth_map())
    np.testing.assert_allclose(found.depth(), 5)
    assert item.kind == "metric_inverse_depth" and item.metric == "known=4,3,5: factor 0.1, shift 0"


def test_points_of_a_file_of_windows(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("# x;y;metres\r\n4;3;5\r\n\r\n2;2;5\r\n", encoding="utf-16")
    _, found = MetricFrom.parse(f"points={file}").apply(IMAGE, Item(source="a.png"), depth_map())
    np.testing.assert_allclose(found.depth(), 5)


def test_the_first_frame_of_a_video_gives_the_scale_of_all() -> None:
    metric = MetricFrom.parse("known=4,3,5")
    maps = [metric.apply(VIDEO, Item(source="v.mp4"), depth_map(value))[1] for value in (2.0, 4.0)]
    np.testing.assert_allclose([found.depth()[0, 0] for found in maps], [5, 2.5])


def test_points_are_refused_for_several_images_and_a_height_is_not() -> None:
    with pytest.raises(HondoError, match="one image or video, but 2 are given"):
        MetricFrom.parse("known=4,3,5").check([IMAGE, VIDEO])
    MetricFrom.parse("height=1.6").check([IMAGE, VIDEO])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("metres=3", "give known=x,y,metres"),
        ("height=tall", "'tall' is not a number"),
        ("known=1,2", "x,y,metres, got '1 2'"),
        ("points=missing.csv", "does not exist"),
    ],
)
def test_what_cannot_be_read(text: str, says: str) -> None:
    with pytest.raises(HondoError, match=says):
        MetricFrom.parse(text)


def test_metres_follow_the_focal_length_of_the_camera() -> None:
    metric = MetricFrom.parse("focal", model="dpt-hybrid-nyu")
    plain = DepthMap(values=np.full((48, 64), 2.0, np.float32), kind=DepthKind.METRIC_DEPTH)
    doubled = Camera(fx=2 * 51.88579, fy=100, cx=32, cy=24, size_hw=(48, 64))
    item, found = metric.apply(IMAGE, Item(source="a.png"), replace(plain, camera=doubled))
    np.testing.assert_allclose(found.depth(), 4.0, rtol=1e-6)
    assert item.metric.startswith("focal: factor 2")
    with pytest.raises(HondoError, match="needs the camera"):
        metric.apply(IMAGE, Item(source="a.png"), plain)


def test_a_model_without_a_training_camera_is_refused() -> None:
    with pytest.raises(HondoError, match="hondo-nano gives no metres that belong to a known camera"):
        MetricFrom.parse("focal", model="hondo-nano")
    kinds = {fact.name: fact.kind for fact in stored_facts()}
    assert all(kinds[name] == "metric_depth" for name in TRAINING_FOCAL)
