"""A predictor that changes its network size while a stream runs; another size is made ready beside the running one."""

import threading
import time

from hondo.core.errors import HondoError
from hondo.core.types import Predictor, Size
from hondo.video.live.size_chooser import SizeChooser, at_sizes


class AdaptivePredictor:
    """Gives the predictor for the next frame; told how long frames took, it takes a size that keeps up with ``fps``."""

    def __init__(self, predictor: Predictor, *, fps: float | None, bounds: tuple[Size, Size] | None) -> None:
        if fps is not None and not 0 < fps <= 1000:
            raise HondoError(f"fps must lie between 0 and 1000, got {fps:g}")
        self._fps = fps
        self._native = predictor
        self._steps = (predictor,) if fps is None else at_sizes(predictor, bounds)
        self._chooser = SizeChooser([step.input_spec.size_hw for step in self._steps])
        self._index = 0
        self._ready: set[Size] = set()
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
        network_hw = self._steps[wanted].network_size(image_hw)
        if network_hw in self._ready:
            self._index = wanted
        elif not self._ready:
            self._steps[wanted].warm(image_hw)  # exclusive: a server may be running this very size
            self._ready.add(network_hw)
            self._index = wanted
        elif not self.is_preparing:
            self._preparing = threading.Thread(target=self._prepare, args=(self._steps[wanted], image_hw), daemon=True)
            self._preparing.start()
        return self._steps[self._index]

    @property
    def is_preparing(self) -> bool:
        return self._preparing is not None and self._preparing.is_alive()

    def observe(self, work_s: float, *, source_fps: float) -> None:
        """The time of one frame. A source slower than the wanted rate needs no more than its own."""
        if self._fps is None or self.is_preparing:
            return
        rate = min(self._fps, source_fps) if source_fps > 1 else self._fps
        self._chooser.observe(work_s, budget_s=1 / rate, now=time.monotonic())

    def _prepare(self, predictor: Predictor, image_hw: Size) -> None:
        """Compiles while another size runs."""
        predictor.warm(image_hw, exclusive=False)
        self._ready.add(predictor.network_size(image_hw))
