"""Progress of a run on stderr: a bar on a terminal, a line every half minute elsewhere; and the means to log."""

import sys
import time

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.core.errors import warn
from hondo.core.preparing.countdown import LINE_SECONDS
from hondo.core.waiting import WAITING

NO_ERROR = 1e-4  # photometric error of images that are the same up to less than noise


class Progress:
    """Shows nothing: for other ranks, tests and library use."""

    def update(self, *, fraction: float, step: int, loss: float, images_per_s: float, seconds_left: float) -> None:
        """Called after every logged step; ``fraction`` (0..1) of the run is done."""

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        pass


class Lines(Progress):
    """Prints a line every half minute."""

    def __init__(self) -> None:
        self._next = 0.0

    def update(self, *, fraction: float, step: int, loss: float, images_per_s: float, seconds_left: float) -> None:
        if time.monotonic() >= self._next or fraction >= 1:
            self._next = time.monotonic() + LINE_SECONDS
            print(f"{fraction:4.0%}  {describe(step, loss, images_per_s, seconds_left)}", file=sys.stderr, flush=True)


class Bar(Progress):
    """Draws a bar with loss, images/s and the time left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn
        from rich.progress import Progress as RichProgress

        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"))
        self._bar = RichProgress(*columns, console=Console(stderr=True), refresh_per_second=2)
        self._task = self._bar.add_task("starting", total=1.0)

    def update(self, *, fraction: float, step: int, loss: float, images_per_s: float, seconds_left: float) -> None:
        self._bar.update(self._task, completed=fraction, description=describe(step, loss, images_per_s, seconds_left))

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._bar.stop()


def make_progress(*, show: bool) -> Progress:
    """A bar if stderr is a terminal, else lines."""
    if not show:
        return Progress()
    WAITING.info("")  # this bar takes the place of what was shown before
    return Bar() if sys.stderr.isatty() else Lines()


def describe(step: int, loss: float, images_per_s: float, seconds_left: float) -> str:
    """One line: step, loss, images/s, and the time left as h:mm:ss."""
    minutes, seconds = divmod(round(seconds_left), 60)
    hours, minutes = divmod(minutes, 60)
    left = f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
    return f"step {step}  loss {loss:.4f}  {images_per_s:.1f} images/s  {left} left"


class LossWatch:
    """Warns once of a gradient that is zero, and of a photometric error that is, or that does not fall over a run."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._has_warned = False

    def observe(self, values: dict[str, float], *, is_last: bool) -> None:
        """Takes the means of one record."""
        if values.get("grad_norm") == 0.0 and not self._has_warned:
            self._warn("the gradient is zero: nothing is learned any more; give a smaller optim.lr")
        if "photometric" not in values or self._has_warned:
            return
        self._values.append(values["photometric"])
        third = len(self._values) // 3
        if values["photometric"] < NO_ERROR:
            self._warn(
                f"the photometric error is {values['photometric']:.1g}: (nearly) no pixel counts, nothing is learned; "
                "give a clip of a moving camera, sources farther apart, or poses in metres"
            )
        elif is_last and third >= 3 and sum(self._values[-third:]) >= sum(self._values[:third]):
            first, last = (sum(part) / third for part in (self._values[:third], self._values[-third:]))
            self._warn(
                f"the photometric error did not fall ({first:.4f} to {last:.4f}): the model learned little from this "
                "data; check the intrinsics and poses, the motion of the camera, and optim.lr"
            )

    def _warn(self, message: str) -> None:
        self._has_warned = True
        warn(message)


class Meter:
    """Means of the loss and its parts between two readings; sums stay on the device until they are read."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._steps, self._images, self._since = 0, 0, time.perf_counter()

    def add(self, loss: Float[Tensor, ""], parts: dict[str, Float[Tensor, ""]], *, images: int) -> None:
        """Adds the values of one step."""
        for name, value in {"loss": loss, **parts}.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._steps += 1
        self._images += images

    def read(self) -> dict[str, float]:
        """The means of loss and parts, and images_per_s, since the last reading."""
        values = torch.stack([value.float() for value in self._sums.values()]).tolist() if self._sums else []
        means = {name: value / self._steps for name, value in zip(self._sums, values, strict=True)}
        rate = self._images / max(time.perf_counter() - self._since, 1e-9)
        self._start()
        return means | {"images_per_s": rate}
