"""What the predicting thread of a stream does with one frame: network size, depth, steadiness, colour range."""

import threading
import time

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import Predictor, Session
from hondo.core.types import Size
from hondo.images.colour import SteadyRange
from hondo.video.live.size_chooser import SizeChooser, at_sizes
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
        """One line where a frame rate is wanted and the size cannot follow."""
        return self._predictors.note

    def __call__(self, captured: Captured, *, number: int, source_fps: float) -> LiveFrame:
        """The depth of a frame; HondoError where it has none. ``source_fps``: frames a second that the source gives."""
        start = time.monotonic()
        depth_map = self._session_for((captured.image.shape[0], captured.image.shape[1]))(captured.image)
        if self._steady is not None:
            depth_map = self._steady(captured.image, depth_map)
        near_far, done_at = self._range(depth_map), time.monotonic()
        self._predictors.observe(done_at - start, source_fps=source_fps)
        return LiveFrame(
            number=number,
            image=captured.image,
            depth_map=depth_map,
            near_far=near_far,
            captured_at=captured.captured_at,
            done_at=done_at,
            time_s=captured.time_s,
            T_world_camera=captured.T_world_camera,
        )

    def _session_for(self, image_hw: Size) -> Session:
        """The running session; a new one where the image's or the network's size has changed."""
        predictor = self._predictors.current(image_hw)
        if self._session is None or self._session[0] is not predictor or self._session[1] != image_hw:
            self._session = (predictor, image_hw, predictor.start(self._camera_of(image_hw)))
            self.image_hw, self.network_hw = image_hw, predictor.network_size(image_hw)
        return self._session[2]


class AdaptivePredictor:
    """The predictor for the next frame: from how long frames took, at a network size that keeps up with ``fps``.

    Another size is compiled in a thread while the present one runs.
    """

    def __init__(self, predictor: Predictor, *, fps: float | None, bounds: tuple[Size, Size] | None) -> None:
        if fps is not None and not 0 < fps <= 1000:
            raise HondoError(f"fps must lie between 0 and 1000, got {fps:g}")
        self._fps = fps
        self._native = predictor
        self._steps = (predictor,) if fps is None else at_sizes(predictor, bounds)
        self._chooser = SizeChooser([step.input_spec.size_hw for step in self._steps])
        self._index = 0
        self._ready: set[Size] = set()  # sizes of the network's input that are compiled
        self._running: tuple[int, Size] | None = None  # index and image size of the frame before
        self._preparing: threading.Thread | None = None

    @property
    def note(self) -> str:
        """One line where a frame rate is wanted and the size cannot follow."""
        if self._fps is None or len(self._steps) > 1:
            return ""
        (height, width), name = self._native.input_spec.size_hw, self._native.name
        return f"{name} has one size, {height}x{width}: where {self._fps:g} FPS is too fast, frames are dropped"

    def current(self, image_hw: Size) -> Predictor:
        """The predictor for an image of this size. The very first is made ready at once, others in a thread."""
        wanted = self._chooser.index
        if (wanted, image_hw) == self._running:
            return self._steps[wanted]
        network_hw = self._steps[wanted].network_size(image_hw)
        if not self._ready:
            self._ready.add(self._steps[wanted].warm(image_hw))  # exclusive: a server may be running this very size
        if network_hw in self._ready:
            self._index, self._running = wanted, (wanted, image_hw)
        elif not self.is_preparing:
            self._preparing = threading.Thread(target=self._prepare, args=(self._steps[wanted], image_hw), daemon=True)
            self._preparing.start()
        return self._steps[self._index]

    @property
    def is_preparing(self) -> bool:
        """Whether another size is being compiled."""
        return self._preparing is not None and self._preparing.is_alive()

    def observe(self, work_s: float, *, source_fps: float) -> None:
        """The time of one frame. A source slower than the wanted rate needs no more than its own."""
        if self._fps is None or self.is_preparing:
            return
        rate = min(self._fps, source_fps) if source_fps > 1 else self._fps
        self._chooser.observe(work_s, budget_s=1 / rate, now=time.monotonic())

    def _prepare(self, predictor: Predictor, image_hw: Size) -> None:
        """Compiles while another size runs."""
        self._ready.add(predictor.warm(image_hw, exclusive=False))
