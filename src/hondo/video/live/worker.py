"""What the predicting thread of a stream does with one frame: camera, network, steadiness, colour range."""

import time

from hondo.core.types import Predictor, Session, Size
from hondo.images.colour import SteadyRange
from hondo.video.live.adaptive_predictor import AdaptivePredictor
from hondo.video.predict.predict_sources import CameraOf
from hondo.video.sources.live_frame import Captured, LiveFrame
from hondo.video.temporal.steady import Steady, SteadyConfig


class Worker:
    """One model on one stream, with all that it remembers from frame to frame."""

    def __init__(
        self,
        predictor: Predictor,
        *,
        steady: SteadyConfig | None,
        fps: float | None,
        size_bounds: tuple[Size, Size] | None,
        camera_of: CameraOf,
    ) -> None:
        self.name = predictor.name
        self.image_hw: Size | None = None
        self.network_hw: Size | None = None
        self._predictors = AdaptivePredictor(predictor, fps=fps, bounds=size_bounds)
        self._camera_of = camera_of
        self._steady = None if steady is None else Steady(steady)
        self._range = SteadyRange()
        self._session: tuple[Predictor, Size, Session] | None = None

    @property
    def note(self) -> str:
        return self._predictors.note

    def __call__(self, captured: Captured, *, number: int) -> LiveFrame:
        """The depth of a frame; HondoError where it has none."""
        depth_map = self._session_for((captured.image.shape[0], captured.image.shape[1]))(captured.image)
        if self._steady is not None:
            depth_map = self._steady(captured.image, depth_map)
        return LiveFrame(
            number=number,
            image=captured.image,
            depth_map=depth_map,
            near_far=self._range(depth_map),
            captured_at=captured.captured_at,
            done_at=time.monotonic(),
            time_s=captured.time_s,
            T_world_camera=captured.T_world_camera,
        )

    def observe(self, work_s: float, *, source_fps: float) -> None:
        """How long a frame took: the next may get another network size."""
        self._predictors.observe(work_s, source_fps=source_fps)

    def _session_for(self, image_hw: Size) -> Session:
        """The running session; a new one where the image's or the network's size has changed."""
        predictor = self._predictors.current(image_hw)
        if self._session is None or self._session[0] is not predictor or self._session[1] != image_hw:
            self._session = (predictor, image_hw, predictor.start(self._camera_of(image_hw)))
            self.image_hw, self.network_hw = image_hw, predictor.network_size(image_hw)
        return self._session[2]
