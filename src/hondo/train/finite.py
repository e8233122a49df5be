"""Stops training when the loss or a gradient is no longer finite, without making a GPU wait."""

from collections.abc import Callable

import torch
from torch import Tensor

from hondo.core.errors import HondoError


class NotFiniteError(HondoError):
    """Training diverged; the last checkpoint is from before."""


class FiniteCheck:
    """On the CPU a bad value raises at once; on a GPU at the next look, when its copy has long arrived.

    ``agree`` takes the largest of a number over all processes, so that all of them stop.
    """

    def __init__(self, *, agree: Callable[[float], float], advice: str) -> None:
        self._agree, self._advice = agree, advice
        self._pending: tuple[Tensor, torch.cuda.Event | None, int] | None = None

    def observe(self, values: Tensor, *, step: int) -> None:
        """Notes the numbers (n) of this step: the loss, and the gradient's norm where it is known."""
        self.settle()
        event = None
        if values.is_cuda:
            values = values.to("cpu", non_blocking=True)
            event = torch.cuda.Event()
            event.record()
        self._pending = values, event, step
        if event is None:
            self.settle()

    def settle(self) -> None:
        """Raises if the numbers noted last are not finite. To be called before anything is saved."""
        if self._pending is None:
            return
        values, event, step = self._pending
        self._pending = None
        if event is not None:
            event.synchronize()
        if self._agree(float(not values.isfinite().all())) > 0:
            numbers = ", ".join(f"{value:g}" for value in values.tolist())
            raise NotFiniteError(
                f"training stopped: loss or gradient is not finite at step {step} ({numbers}); {self._advice}"
            )
