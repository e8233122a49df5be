"""What the loop minimises: a module that holds every trained weight and turns a batch into a loss and its parts."""

from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.sample import Batch

Losses = tuple[Float[Tensor, ""], dict[str, Tensor]]  # what is minimised; its parts, detached, by name


@runtime_checkable
class Objective(Protocol):
    """``model`` is what is averaged, validated and shipped; the call gives the loss of one batch."""

    @property
    def model(self) -> nn.Module: ...

    def __call__(self, batch: Batch) -> Losses: ...


def freeze_norm_statistics(module: nn.Module) -> None:
    """Puts every batch-norm into evaluation mode: small batches of one scene would spoil its statistics."""
    for child in module.modules():
        if isinstance(child, nn.modules.batchnorm._BatchNorm):
            child.eval()
