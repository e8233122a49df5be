"""A linear layer or a convolution as two of lower rank, one after the other."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn


class LowRank(nn.Sequential):
    """Narrows to ``rank`` channels, then widens to the outputs; has the sizes of the layer that it replaces."""

    def __init__(self, layer: nn.Module, *, rank: int) -> None:
        narrow, widen = parts_of(layer, rank=rank)
        super().__init__(narrow, widen)
        for name in ("in_features", "out_features", "in_channels", "out_channels", "kernel_size", "stride", "padding"):
            if hasattr(layer, name):
                setattr(self, name, getattr(layer, name))
        self.rank = rank


def parts_of(layer: nn.Module, *, rank: int) -> tuple[nn.Module, nn.Module]:
    """Fresh layers of the two factors: a convolution keeps its kernel in the first, the second is 1x1."""
    given: dict[str, Any] = {"device": layer.get_parameter("weight").device}
    if isinstance(layer, nn.Linear):
        has_bias = layer.bias is not None
        return (
            nn.Linear(layer.in_features, rank, bias=False, **given),
            nn.Linear(rank, layer.out_features, bias=has_bias, **given),
        )
    assert type(layer) is nn.Conv2d and layer.groups == 1
    kernel = {"stride": layer.stride, "dilation": layer.dilation, "padding_mode": layer.padding_mode}
    narrow = nn.Conv2d(layer.in_channels, rank, layer.kernel_size, padding=layer.padding, bias=False, **kernel, **given)  # type: ignore[arg-type]
    return narrow, nn.Conv2d(rank, layer.out_channels, 1, bias=layer.bias is not None, **given)


def is_factorable(layer: nn.Module) -> bool:
    """Whether LowRank can take the place of ``layer``: plain layers, convolutions of one group."""
    return type(layer) is nn.Linear or (type(layer) is nn.Conv2d and layer.groups == 1)


class Skip(nn.Module):
    """Takes the place of a residual block that was removed: its first argument passes through."""

    def forward(self, x: Float[Tensor, "..."], *rest: Any) -> Float[Tensor, "..."]:
        """``x``."""
        return x


def matrix_of(layer: nn.Module) -> Float[Tensor, "o _"]:
    """The weight as a matrix of outputs by what one output reads."""
    return layer.get_parameter("weight").detach().flatten(1)


def factored(layer: nn.Module, *, rank: int) -> LowRank:
    """The closest layer of ``rank`` (least squares over the weights, Eckart and Young 1936)."""
    low, weight = LowRank(layer, rank=rank), layer.get_parameter("weight").detach()
    left, values, right = torch.linalg.svd(matrix_of(layer).float(), full_matrices=False)
    root = values[:rank].sqrt()
    narrow, widen = low
    with torch.no_grad():
        narrow.get_parameter("weight").copy_((root[:, None] * right[:rank]).reshape(rank, *weight.shape[1:]))
        widen.get_parameter("weight").copy_((left[:, :rank] * root).reshape(widen.get_parameter("weight").shape))
        if layer.bias is not None:
            widen.get_parameter("bias").copy_(layer.get_parameter("bias"))
    return low
