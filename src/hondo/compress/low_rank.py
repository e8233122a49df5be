"""Low-rank factorisation: layers as two thinner ones, by SVD, as thin as an error budget allows."""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.compress.compressor import Compressor, Step
from hondo.compress.kept import Compressed
from hondo.compress.restructured import copy_of, recorded
from hondo.compress.traced_calls import called_once_each
from hondo.models.base.depth_model import DepthModel
from hondo.nn.factored_layers import factored, is_factorable, matrix_of

FORM = "the share of each layer's squared weights that may be lost, e.g. low-rank=0.05, or a rank: low-rank=rank:16"


def factorise(model: DepthModel, *, budget: float = 0.0, rank: int | None = None) -> Compressed:
    """Layers in two of lower rank, where that takes fewer weights (and so fewer multiply-accumulates).

    ``budget``: the share of the squared singular values that a layer may lose, 0 to 1. ``rank``: of all layers instead.
    """
    made, notes, lost = copy_of(model), [], 0.0
    for path, layer in factorable(made):
        values = torch.linalg.svdvals(matrix_of(layer).float())
        chosen = rank_within(values, budget=budget) if rank is None else min(rank, len(values))
        if chosen < worthwhile_rank(layer):
            parent, _, name = path.rpartition(".")
            setattr(made.get_submodule(parent), name, factored(layer, rank=chosen))
            notes.append(chosen)
            lost = max(lost, 1 - float(values[:chosen].square().sum() / values.square().sum()))
    text = f"{len(notes)} layers in two; at most {lost:.1%} of a layer's squared weights lost"
    return recorded(made, before=model, notes=(text,))


def factorable(model: DepthModel) -> Iterator[tuple[str, nn.Module]]:
    """Plain layers with more than one output that are called as modules: none whose weight another module reads."""
    called = called_once_each(model)
    for path, layer in list(model.named_modules()):
        if path in called and is_factorable(layer) and min(matrix_of(layer).shape) > 1:
            yield path, layer


def rank_within(values: Float[Tensor, " k"], *, budget: float) -> int:
    """The fewest singular values that hold all but ``budget`` of the sum of squares; at least 1."""
    held = values.square().cumsum(0) / values.square().sum().clamp(min=torch.finfo(values.dtype).tiny)
    return min(len(values), int((held < 1 - budget).sum()) + 1)


def worthwhile_rank(layer: nn.Module) -> float:
    """The rank at which two layers have as many weights as the one."""
    outputs, inputs = matrix_of(layer).shape
    return outputs * inputs / (outputs + inputs)


def _apply(model: DepthModel, step: Step) -> Compressed:
    number = step.number(FORM)
    if step.value == "rank":
        if number is None or number < 1 or number != round(number):
            raise step.wrong(FORM)
        return factorise(model, rank=int(number))
    try:
        budget = float(step.value)
    except ValueError:
        raise step.wrong(FORM) from None
    if not 0 <= budget < 1 or step.words:
        raise step.wrong(FORM)
    return factorise(model, budget=budget)


LOW_RANK = Compressor(
    summary="layers as two thinner ones (SVD); each may lose this share of its squared weights, or has this rank",
    example="low-rank=0.05 or low-rank=rank:16",
    apply=_apply,
    applies=lambda model: any(True for _ in factorable(model)),
    takes_number=True,
)
