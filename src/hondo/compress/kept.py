"""What became of a model's weights when it was changed."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Shaped
from torch import Tensor, nn

from hondo.models.base.depth_model import DepthModel

LEVELS = 4  # of a module's name that a report shows: decoder.fuse.0.project


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Learnable numbers of the changed model: as they were, computed from what was there, or fresh."""

    equal: int
    changed: int
    fresh: int
    fresh_layers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """All of them."""
        return self.equal + self.changed + self.fresh

    def __str__(self) -> str:
        shares = {"kept": self.equal, "changed": self.changed, "fresh": self.fresh}
        text = ", ".join(f"{100 * count / max(1, self.total):.0f} % {what}" for what, count in shares.items() if count)
        layers = f" ({', '.join(self.fresh_layers)})" if self.fresh_layers else ""
        return "; ".join([text + layers, *self.notes])


@dataclass(frozen=True, kw_only=True)
class Compressed:
    """A changed model, and what became of the weights."""

    model: DepthModel
    kept: Kept


def count_kept(
    model: nn.Module, *, before: Mapping[str, Shaped[Tensor, "..."]], changed: Collection[str], notes: Collection[str]
) -> Kept:
    """Counts the parameters of ``model``: equal to those of ``before`` by name, those of ``changed``, and the rest."""
    counts, fresh = {"equal": 0, "changed": 0, "fresh": 0}, Counter()
    for name, parameter in model.named_parameters():
        is_equal = name in before and torch.equal(before[name], parameter)
        kind = "equal" if is_equal else "changed" if name in changed else "fresh"
        counts[kind] += parameter.numel()
        if kind == "fresh":
            fresh[".".join(name.removeprefix("network.").split(".")[:-1][:LEVELS])] += parameter.numel()
    return Kept(**counts, fresh_layers=tuple(sorted(fresh)), notes=tuple(notes))
