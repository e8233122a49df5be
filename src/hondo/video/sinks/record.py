"""Records a stream: images and depth as videos, 16-bit depth maps, and poses where the source knows them."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.types import Size
from hondo.images.video_writer import VideoWriter
from hondo.video.live.live_stream import Stream
from hondo.video.predict.manifest import Item, PredictionsFile, RunInfo
from hondo.video.predict.outputs import OutputConfig, SourceOutputs, cannot_write
from hondo.video.sources.live_frame import LiveFrame
from hondo.video.sources.read_sources import DEFAULT_FPS
from hondo.video.sources.source_list import Source, SourceKind

POSES = "poses.txt"
_WAIT_S = 0.5


def record(stream: Stream, folder: Path, *, on_progress: Callable[[], None] = lambda: None) -> int:
    """Writes every result of a started stream that it can keep up with, until the stream ends; returns how many.

    ``on_progress`` is called about twice a second, or after each frame. A full disk ends it with HondoError; what is
    written stays.
    """
    last = None
    with Recorder(folder, model=stream.stats().model) as recorder:
        while True:
            frame = stream.latest(last, timeout=_WAIT_S)
            on_progress()
            if frame is not None:
                last = frame.number
                recorder.add(frame)
            elif stream.is_over:
                return recorder.count


class Recorder:
    """A folder with ``live.mp4``, ``live.depth.mp4``, ``live.depth/000000.depth.png`` ..., predictions.json, poses.txt.

    Where the image's size changes, ``live_2`` begins. A line of poses.txt is the number of a frame in its part and
    its camera-to-world matrix, as ``hondo.data.datasets.poses`` reads it; only the first part's is named ``poses.txt``.
    """

    def __init__(self, folder: Path, *, model: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._output = OutputConfig(out=folder, forms=("png16", "video"))
        self._files = ExitStack()
        self._predictions = PredictionsFile(
            folder, RunInfo(model=model, weights_sha256=None, engine="", precision="")
        )  # fmt: skip
        self._size: Size | None = None
        self._parts = self._index = self.count = 0

    def __enter__(self) -> "Recorder":
        self._predictions.__enter__()
        return self

    def add(self, frame: LiveFrame) -> None:
        """Writes a frame; its time is that in the source."""
        if self._size != frame.depth_map.size_hw:
            self._begin(frame)
        try:
            written = self._outputs.write(frame.depth_map, index=self._index, time_s=frame.time_s)
            self._images.write(frame.image, time_s=self._later(frame.time_s))
            self._write_pose(frame.T_world_camera)
        except OSError as error:
            raise cannot_write(self._output.out, error) from error
        assert written is not None, "PNG16 is always written"
        height, width = frame.depth_map.size_hw
        self._predictions.add(
            Item(
                source=self._source.text, png=written.png, kind=str(written.scale.kind), unit=written.scale.unit,
                factor=written.scale.factor, offset=written.scale.offset, width=width, height=height,
                time_s=frame.time_s, milliseconds=round(frame.latency_ms, 3),
            )
        )  # fmt: skip
        self._index, self.count = self._index + 1, self.count + 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            self._files.close()
        finally:
            self._predictions.__exit__(kind, error, None)

    def _begin(self, frame: LiveFrame) -> None:
        self._files.close()
        self._parts, self._index, self._size = self._parts + 1, 0, frame.depth_map.size_hw
        self._last_s = frame.time_s - 1.0
        suffix = "" if self._parts == 1 else f"_{self._parts}"
        path = self._output.out / f"live{suffix}.mp4"
        self._poses = self._output.out / f"poses{suffix}.txt"
        self._poses.unlink(missing_ok=True)
        self._source = Source(text=str(path), kind=SourceKind.LIVE, stem=f"live{suffix}")
        self._outputs = self._files.enter_context(SourceOutputs(self._source, self._output, fps=DEFAULT_FPS))
        self._images = self._files.enter_context(VideoWriter(path, size_hw=self._size, fps=DEFAULT_FPS))

    def _later(self, time_s: float) -> float:
        self._last_s = max(time_s, self._last_s + 1e-3)
        return self._last_s

    def _write_pose(self, T_world_camera: Float[np.ndarray, "4 4"] | None) -> None:
        if T_world_camera is None or not np.isfinite(T_world_camera).all():
            return
        with self._poses.open("a", encoding="utf-8") as file:
            file.write(" ".join([str(self._index), *(f"{value:.9g}" for value in T_world_camera.ravel())]) + "\n")
