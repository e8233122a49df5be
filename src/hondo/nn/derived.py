"""Caches values that are computed from a weight alone until the weight changes."""

import weakref
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Shaped
from torch import Tensor, nn

_MOST_KEPT = 8  # keys, such as sizes of images


@dataclass(frozen=True, kw_only=True)
class _Kept:
    source: "weakref.ref[Tensor]"
    state: tuple[int, int]  # the source's version and address
    value: Shaped[Tensor, "..."]

    def is_of(self, source: Shaped[Tensor, "..."]) -> bool:
        return self.source() is source and self.state == _state(source)


class Derived(nn.Module):
    """``derived(key, weight, make)`` is ``make(weight)``, kept for as long as ``weight`` is the same, unchanged tensor.

    Where a gradient is wanted, in training mode, and while a program is being captured, ``make`` runs every time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[Hashable, _Kept] = {}

    def forward(
        self,
        key: Hashable,
        weight: Shaped[Tensor, "..."],
        make: Callable[[Shaped[Tensor, "..."]], Shaped[Tensor, "..."]],
    ) -> Shaped[Tensor, "..."]:
        """``make(weight)``, computed once for each key until the weight changes."""
        if not self._may_keep(weight):
            return make(weight)
        key = (key, weight.device, weight.dtype, torch.is_inference_mode_enabled())
        kept = self._kept.get(key)
        if kept is None or not kept.is_of(weight):
            kept = _Kept(source=weakref.ref(weight), state=_state(weight), value=make(weight))
            self._kept[key] = kept
            for oldest in list(self._kept)[:-_MOST_KEPT]:
                self._kept.pop(oldest, None)
        return kept.value

    def train(self, mode: bool = True) -> "Derived":
        """Forgets the values when training begins."""
        self._kept.clear()
        return super().train(mode)

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles start with nothing kept."""
        return self.__dict__ | {"_kept": {}}

    def _may_keep(self, weight: Shaped[Tensor, "..."]) -> bool:
        wants_gradient = torch.is_grad_enabled() and weight.requires_grad
        is_captured = torch.compiler.is_compiling() or torch.jit.is_tracing()
        return not (self.training or wants_gradient or is_captured or weight.is_meta or weight.is_inference())


def _state(tensor: Shaped[Tensor, "..."]) -> tuple[int, int]:
    return tensor._version, tensor.data_ptr()
