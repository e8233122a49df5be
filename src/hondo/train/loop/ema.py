"""The exponential moving average of a model's weights: what is validated and shipped."""

import copy

import torch
from torch import Tensor, nn


class Ema:
    """Averages every floating tensor of ``model``'s state; with decay None it is the model itself.

    The decay grows as (1 + n) / (10 + n) up to ``decay``, so that the first weights are soon forgotten.
    """

    def __init__(self, model: nn.Module, *, decay: float | None) -> None:
        self.decay = decay
        self.num_updates = 0
        self.model = model if decay is None else copy.deepcopy(model).requires_grad_(False).eval()
        self._source, self._average = _floats(model), _floats(self.model)
        self._source_other, self._other = _others(model), _others(self.model)

    @torch.no_grad()
    def update(self) -> None:
        if self.decay is None:
            return
        self.num_updates += 1
        decay = min(self.decay, (1 + self.num_updates) / (10 + self.num_updates))
        torch._foreach_lerp_(self._average, self._source, 1 - decay)
        for average, source in zip(self._other, self._source_other, strict=True):
            average.copy_(source)

    def state_dict(self) -> dict:
        return {} if self.decay is None else {"num_updates": self.num_updates, "model": self.model.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        if self.decay is not None:
            self.num_updates = state["num_updates"]
            self.model.load_state_dict(state["model"])


def _floats(model: nn.Module) -> list[Tensor]:
    return [value for value in model.state_dict().values() if value.is_floating_point()]


def _others(model: nn.Module) -> list[Tensor]:
    return [value for value in model.state_dict().values() if not value.is_floating_point()]
