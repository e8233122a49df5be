"""The fields of sensor_msgs, as a ROS 2 node fills them in."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.video.sinks.ros_messages import camera_info, color_image, depth_image
from hondo.video.sources.live_frame import LiveFrame

CAMERA = Camera(fx=8, fy=9, cx=4, cy=3, size_hw=(6, 8))


def frame(kind: DepthKind = DepthKind.METRIC_INVERSE_DEPTH) -> LiveFrame:
    values = np.full((6, 8), 0.5, np.float32)
    values[0, 0] = np.nan
    image = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    depth_map = DepthMap(values=values, kind=kind, camera=CAMERA)
    return LiveFrame(
        number=0, image=image, depth_map=depth_map, near_far=(1, 0), captured_at=0.0, done_at=0.0, time_s=0.0
    )


def test_the_image() -> None:
    message = color_image(frame(), stamp_s=12.25)
    assert (message["encoding"], message["step"], len(message["data"])) == ("rgb8", 24, 144)
    assert message["header"] == {"stamp": {"sec": 12, "nanosec": 250_000_000}, "frame_id": "camera_optical"}
    assert np.array_equal(np.frombuffer(message["data"], np.uint8).reshape(6, 8, 3), frame().image)


def test_depth_is_in_metres_and_nan_where_unknown() -> None:
    message = depth_image(frame(), frame_id="front", stamp_s=0.0)
    assert (message["encoding"], message["step"], message["is_bigendian"]) == ("32FC1", 32, 0)
    depth = np.frombuffer(message["data"], "<f4").reshape(6, 8)
    assert np.isnan(depth[0, 0]) and np.all(depth[1:] == 2) and message["header"]["frame_id"] == "front"


def test_depth_without_a_scale_is_refused() -> None:
    with pytest.raises(HondoError, match="REP 118"):
        depth_image(frame(DepthKind.SCALED_INVERSE_DEPTH), stamp_s=0.0)


def test_the_camera_has_its_pixel_centres_where_ros_has_them() -> None:
    message = camera_info(CAMERA, stamp_s=0.0)
    assert message["k"] == [8, 0, 3.5, 0, 9, 2.5, 0, 0, 1]
    assert message["p"] == [8, 0, 3.5, 0, 0, 9, 2.5, 0, 0, 0, 1, 0]
    assert (message["height"], message["width"]) == (6, 8) and CAMERA.cx == 4
