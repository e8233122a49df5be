"""Live frames in the shape of ROS 2 messages: plain dicts with the fields of sensor_msgs, no ROS needed to make them.

Depth images follow REP 118: 32-bit floats, metres along the optical axis, NaN where unknown. The optical frame is that
of REP 103: x right, y down, z ahead, as hondo's own.
"""

from typing import Any

import numpy as np
from jaxtyping import Shaped

from hondo.core.errors import HondoError
from hondo.core.types import Camera
from hondo.video.sources.live_frame import LiveFrame

Message = dict[str, Any]  # field -> value, nested as the message is


def color_image(frame: LiveFrame, *, frame_id: str = "camera_optical", stamp_s: float) -> Message:
    """sensor_msgs/Image of the image, rgb8. ``stamp_s``: when it was captured, seconds since the epoch of ROS."""
    return _image(frame.image, encoding="rgb8", header=_header(frame_id, stamp_s))


def depth_image(frame: LiveFrame, *, frame_id: str = "camera_optical", stamp_s: float) -> Message:
    """sensor_msgs/Image of the depth, 32FC1, metres; refused for models that give none."""
    if not frame.depth_map.kind.is_metric:
        raise HondoError(
            f"a ROS depth image holds metres (REP 118), this depth is {frame.depth_map.kind}; use a metric model"
        )
    depth = np.ascontiguousarray(frame.depth_map.depth(), dtype="<f4")
    return _image(depth, encoding="32FC1", header=_header(frame_id, stamp_s))


def camera_info(camera: Camera, *, frame_id: str = "camera_optical", stamp_s: float) -> Message:
    """sensor_msgs/CameraInfo of an image without distortion. ROS has pixel centres at integers: cx - 0.5."""
    K = camera.K
    K[:2, 2] -= 0.5
    return {
        "header": _header(frame_id, stamp_s), "height": camera.size_hw[0], "width": camera.size_hw[1],
        "distortion_model": "plumb_bob", "d": [0.0] * 5, "k": K.ravel().tolist(), "r": np.eye(3).ravel().tolist(),
        "p": np.column_stack((K, np.zeros(3))).ravel().tolist(),
    }  # fmt: skip


def _image(pixels: Shaped[np.ndarray, "h w *channels"], *, encoding: str, header: Message) -> Message:
    height, width = pixels.shape[:2]
    return {
        "header": header, "height": height, "width": width, "encoding": encoding, "is_bigendian": 0,
        "step": pixels.nbytes // height, "data": pixels.tobytes(),
    }  # fmt: skip


def _header(frame_id: str, stamp_s: float) -> Message:
    nanoseconds = round(stamp_s * 1e9)
    return {"stamp": {"sec": nanoseconds // 10**9, "nanosec": nanoseconds % 10**9}, "frame_id": frame_id}
