"""Zeros in one layer, and the other weights changed to make up for them: an OBS solver in blocks of columns.

Rows share the Hessian X X' of the layer's inputs. Columns are settled from left to right; what a weight that becomes
zero takes from the output is given to the columns on its right (Frantar and Alistarh 2023, sections 3.2 and 3.3).
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.compress.compressor import Images
from hondo.compress.traced_calls import seen
from hondo.models.base.depth_model import DepthModel

BLOCK = 128  # columns
RIDGE = 1e-2  # of the Hessian's mean diagonal, as in the paper


def sparsified(weight: Float[Tensor, "o i"], hessian: Float[Tensor, "i i"], *, sparsity: float) -> Float[Tensor, "o i"]:
    """The weights with a share ``sparsity`` of zeros, the output on the inputs behind ``hessian`` nearly kept."""
    weight, factor = weight.double().clone(), inverse_factor(hessian.double())
    zeros = weight[:, hessian.diagonal() == 0]
    weight[:, hessian.diagonal() == 0] = torch.zeros_like(zeros)
    for start in range(0, weight.shape[1], BLOCK):
        end = min(start + BLOCK, weight.shape[1])
        block, local = weight[:, start:end].clone(), factor[start:end, start:end]
        scores = (block / local.diagonal()).square()
        goes = scores <= scores.flatten().kthvalue(max(1, round(sparsity * scores.numel()))).values
        errors = torch.zeros_like(block)
        for column in range(end - start):
            kept = block[:, column].masked_fill(goes[:, column], 0.0)
            errors[:, column] = (block[:, column] - kept) / local[column, column]
            block[:, column:] -= torch.outer(errors[:, column], local[column, column:])
            block[:, column] = kept
        weight[:, start:end] = block
        weight[:, end:] -= errors @ factor[start:end, end:]
    return weight.float()


def inverse_factor(hessian: Float[Tensor, "i i"]) -> Float[Tensor, "i i"]:
    """The upper triangular factor U of the inverse, U' U: its rows hold the updates of the columns on the right."""
    ridge = RIDGE * hessian.diagonal().mean() + 1e-12
    inverse = torch.linalg.inv(hessian + ridge * torch.eye(len(hessian), dtype=hessian.dtype))
    return torch.linalg.cholesky((inverse + inverse.t()) / 2, upper=True)


def layer_hessian(model: DepthModel, path: str, images: Images) -> Float[Tensor, "i i"]:
    """X X' of what one output of a layer reads (input channels by taps), over images and positions."""
    total: list[Tensor] = []

    def look(name: str, module: nn.Module, given: tuple[Any, ...], output: Tensor) -> None:
        if name == path:
            columns = columns_of(given[0], module)
            total[:] = [total[0] + columns @ columns.t()] if total else [columns @ columns.t()]

    with torch.no_grad(), seen(model.eval(), look):
        for image in images:
            model(image.to(next(model.parameters()).device))
    return total[0].cpu()


def columns_of(x: Float[Tensor, "..."], module: nn.Module) -> Float[Tensor, "i n"]:
    """What one output of the layer reads, a column for each position."""
    if isinstance(module, nn.Linear):
        return x.flatten(0, -2).t().float()
    assert isinstance(module, nn.Conv2d)
    padding = module.padding if isinstance(module.padding, tuple) else 0
    patches = F.unfold(x.float(), module.kernel_size, dilation=module.dilation, padding=padding, stride=module.stride)  # type: ignore[arg-type]
    return patches.transpose(0, 1).flatten(1)
