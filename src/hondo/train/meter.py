"""Running means of the loss and its parts between two records, and the rate."""

import time

import torch
from torch import Tensor


class Meter:
    """Adds on the device, and waits for it only when read."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._steps, self._images, self._since = 0, 0, time.perf_counter()

    def add(self, loss: Tensor, parts: dict[str, Tensor], *, images: int) -> None:
        for name, value in {"loss": loss, **parts}.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._steps += 1
        self._images += images

    def read(self) -> dict[str, float]:
        """loss, its parts and images_per_s since the last reading."""
        values = torch.stack([value.float() for value in self._sums.values()]).tolist() if self._sums else []
        means = {name: value / self._steps for name, value in zip(self._sums, values, strict=True)}
        rate = self._images / max(time.perf_counter() - self._since, 1e-9)
        self._start()
        return means | {"images_per_s": rate}
