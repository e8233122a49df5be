"""What an objective is: a module that holds every trained weight and turns a batch into a loss and its parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.sample import Batch, Samples
from hondo.core.types import DepthKind
from hondo.geometry.depth_units import invert_depth
from hondo.models.base.depth_model import DepthModel

Losses = tuple[Float[Tensor, ""], dict[str, Float[Tensor, ""]]]  # what is minimised; its parts, detached, by name


@runtime_checkable
class Objective(Protocol):
    """``model`` is averaged, validated and exported; the call returns the loss of one batch.

    An objective that changes in the course of a run has a method ``advance(progress=0..1, step=)``, called before
    every step.
    """

    @property
    def model(self) -> nn.Module:
        """The depth model that is trained."""
        ...

    def __call__(self, batch: Batch) -> Losses: ...


@dataclass(frozen=True, kw_only=True)
class ObjectiveEntry:
    """An entry of OBJECTIVES.

    ``config``: the dataclass of its settings, which states the entry's name as ``objective``. ``build``: the objective
    of a model and a config. ``prepare_samples``: the samples with what the objective needs of them, for a model and a
    config; it raises HondoError if something is missing.
    """

    config: type[Any]
    build: Callable[[DepthModel, Any], Objective]
    prepare_samples: Callable[[Samples, DepthModel, Any], Samples]


def freeze_norm_statistics(module: nn.Module) -> None:
    """Puts every batch norm into evaluation mode, since small batches of one scene would distort its statistics."""
    for child in module.modules():
        if isinstance(child, nn.modules.batchnorm._BatchNorm):
            child.eval()


def leave_out_dropout(module: nn.Module) -> None:
    """Puts every dropout into evaluation mode."""
    for child in module.modules():
        if isinstance(child, nn.modules.dropout._DropoutNd):
            child.eval()


def freeze_parts(model: DepthModel, names: Sequence[str]) -> None:
    """No gradient for the named parts of the network, e.g. ("encoder",)."""
    for name in names:
        _part_of(model, name).requires_grad_(False)


def hold_frozen(model: DepthModel, *, parts: Sequence[str], freeze_norm: bool) -> None:
    """Evaluation mode for the frozen parts and, with ``freeze_norm``, for every batch norm of a model in training."""
    if freeze_norm:
        freeze_norm_statistics(model)
    for name in parts:
        _part_of(model, name).eval()


def _part_of(model: DepthModel, name: str) -> nn.Module:
    """The part of a model's network that a name like "encoder" stands for."""
    try:
        return model.network.get_submodule(name)
    except AttributeError as error:
        known = ", ".join(child for child, _ in model.network.named_children())
        raise HondoError(f"objective.frozen: model '{model.name}' has no part '{name}'; it has: {known}") from error


def both_units(values: Float[Tensor, "b 1 h w"], kind: DepthKind) -> dict[str, Float[Tensor, "b 1 h w"]]:
    """A map (depth or inverse depth, as ``kind`` says) as both."""
    other = invert_depth(values, not_positive="clamp")
    return {"inv_depth": values, "depth": other} if kind.is_inverse else {"inv_depth": other, "depth": values}


def resized(values: Float[Tensor, "b 1 _ _"], size_hw: Sequence[int]) -> Float[Tensor, "b 1 h w"]:
    """Resizes a map bilinearly in its own unit; a map of that size is returned as it is."""
    if tuple(values.shape[-2:]) == tuple(size_hw):
        return values
    return F.interpolate(values, size=tuple(size_hw), mode="bilinear", align_corners=False)


def own_inv_depth_and_depth(
    values: Float[Tensor, "b 1 _ _"], kind: DepthKind, *, size_hw: Sequence[int]
) -> tuple[Float[Tensor, "b 1 _ _"], Float[Tensor, "b 1 h w"]]:
    """A map as inverse depth at its own size, and as depth at ``size_hw``."""
    return both_units(values, kind)["inv_depth"], both_units(resized(values, size_hw), kind)["depth"]
