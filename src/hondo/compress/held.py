"""Training that leaves sparse weights sparse and shared weights shared."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.models.base.depth_model import DepthModel
from hondo.models.base.packed_weights import PER_CHANNEL, SPARSE, shared_values

M = TypeVar("M", bound=nn.Module)


@contextmanager
def held(module: nn.Module) -> Iterator[None]:
    """Within, gradients of the packed weights of every DepthModel in ``module`` keep their form.

    Zeros of a sparse weight get no gradient. Weights that share a value get the mean of their gradients, so that the
    value moves as one (Han et al. 2016, section 3.3); shared zeros stay.
    """
    handles = [
        parameter.register_hook(rule)
        for model in depth_models_in(module)
        for parameter, rule in _rules(model)
        if parameter.requires_grad
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def settle(module: M) -> M:
    """The module itself, shared weights of its DepthModels that rounding has parted made equal again, in place."""
    for model in depth_models_in(module):
        parameters = dict(model.named_parameters())
        for key, how in model.packing.items():
            if how != SPARSE:
                parameters[key].data.copy_(_settled(parameters[key].detach(), how))
    return module


def depth_models_in(module: nn.Module) -> Iterator[DepthModel]:
    """Every DepthModel in it, itself included."""
    return (each for each in module.modules() if isinstance(each, DepthModel))


def _settled(weight: Float[Tensor, "*shape"], how: str) -> Float[Tensor, "*shape"]:
    index, values = shared_values(_rows(weight, how).cpu(), count=_count(how))
    return values.gather(1, index).view(weight.shape).to(weight)


def _rules(model: DepthModel) -> Iterator[tuple[nn.Parameter, Callable[[Tensor], Tensor]]]:
    parameters = dict(model.named_parameters())
    for key, how in model.packing.items():
        parameter = parameters[key]
        yield parameter, zeros_stay(parameter) if how == SPARSE else shared_move_as_one(parameter, how)


def zeros_stay(parameter: nn.Parameter) -> Callable[[Tensor], Tensor]:
    """The gradient without that of zeros."""
    return lambda gradient: gradient * (parameter.detach() != 0)


def shared_move_as_one(parameter: nn.Parameter, how: str) -> Callable[[Tensor], Tensor]:
    """The gradient averaged over the weights of each value."""
    rows = _rows(parameter.detach(), how)
    index, values = shared_values(rows.cpu(), count=_count(how))
    offset = len(values[0]) * torch.arange(len(values))[:, None]
    place = (index + offset).flatten().to(parameter.device)  # of each weight in the centroids of all groups
    moves = (values.flatten() != 0).to(parameter)
    counts = torch.bincount(place, minlength=values.numel()).clamp(min=1).to(parameter)

    def averaged(gradient: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        sums = torch.zeros_like(counts).index_add_(0, place, gradient.flatten())
        return (sums / counts * moves)[place].view(gradient.shape)

    return averaged


def _rows(weight: Float[Tensor, "..."], how: str) -> Float[Tensor, "g n"]:
    return weight.flatten(1) if how.startswith(PER_CHANNEL) else weight.reshape(1, -1)


def _count(how: str) -> int:
    return int(how.partition(":")[2])
