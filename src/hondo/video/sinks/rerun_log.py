"""Live frames for the Rerun viewer: image, depth, camera and latency on one time line (extra `rerun`)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from hondo.core.errors import MissingExtraError
from hondo.core.types import DepthMap
from hondo.geometry.depth_units import invert_depth
from hondo.video.live.live_stream import Stream
from hondo.video.sources.live_frame import LiveFrame

_JPEG_QUALITY = 80
_WAIT_S = 0.5


def log_stream(stream: Stream, path: Path, *, on_progress: Callable[[], None] = lambda: None) -> int:
    """Logs every result of a started stream until the stream ends; returns how many."""
    last, count = None, 0
    with RerunLog(path) as log:
        while True:
            frame = stream.latest(last, timeout=_WAIT_S)
            on_progress()
            if frame is not None:
                last, count = frame.number, count + 1
                log.add(frame)
            elif stream.is_over:
                return count


class RerunLog:
    """Logs frames into a .rrd file, which `rerun FILE.rrd` shows; a context, since the file must be closed."""

    def __init__(self, path: Path) -> None:
        self._rerun = _rerun()
        self._path = path

    def __enter__(self) -> "RerunLog":
        self._recording = self._rerun.RecordingStream("hondo")
        self._recording.save(str(self._path))
        return self

    def __exit__(self, *error: object) -> None:
        self._recording.flush()
        self._recording.disconnect()

    def add(self, frame: LiveFrame) -> None:
        """One frame, at its time in the source."""
        rerun, recording = self._rerun, self._recording
        recording.set_time("source", duration=frame.time_s)
        recording.set_time("frame", sequence=frame.number)
        recording.log("camera/image", rerun.Image(frame.image).compress(jpeg_quality=_JPEG_QUALITY))
        recording.log("camera/depth", rerun.DepthImage(shown_depth(frame.depth_map), meter=1.0))
        recording.log("latency_ms", rerun.Scalars(frame.latency_ms))
        camera = frame.depth_map.camera
        if camera is not None:
            height, width = camera.size_hw
            recording.log("camera", rerun.Pinhole(image_from_camera=camera.K, resolution=[width, height]))
        if frame.T_world_camera is not None and np.isfinite(frame.T_world_camera).all():
            pose = frame.T_world_camera
            recording.log("camera", rerun.Transform3D(translation=pose[:3, 3], mat3x3=pose[:3, :3]))


def shown_depth(depth_map: DepthMap) -> Float32[np.ndarray, "h w"]:
    """Depth along z: metres for metric kinds, else in one unknown unit; 0 where nothing is known."""
    values = depth_map.values
    depth = invert_depth(values, not_positive="zero") if depth_map.kind.is_inverse else values
    return np.nan_to_num(depth, nan=0.0, posinf=0.0).astype(np.float32)


def _rerun() -> Any:
    try:
        import rerun  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise MissingExtraError("rerun-sdk", extra="rerun") from error
    return rerun
