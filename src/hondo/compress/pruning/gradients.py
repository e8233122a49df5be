"""Gradients of a loss, image by image: of the caller's, or of the model's own output where there are no labels."""

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.compress.compressor import Tools
from hondo.models.base.depth_model import DepthModel

Gradients = Mapping[str, Float[Tensor, "..."]]  # by the name of the parameter
PROJECTIONS = 2  # of an image's output, where there is no loss


def gradients_of(model: DepthModel, tools: Tools, use: Callable[[Gradients], None]) -> int:
    """Calls ``use`` with the gradients of each loss; returns how many there were.

    Without ``tools.loss`` the losses are random projections of log depth, whose squared gradients have the Gauss-Newton
    matrix of the squared change of log depth as their mean (Martens and Grosse 2015, section 2).
    """
    named, count = {name: each for name, each in model.named_parameters() if each.requires_grad}, 0
    generator = torch.Generator().manual_seed(tools.seed)
    for index in range(len(tools.images)):
        for loss in _losses(model, tools, index, generator):
            found = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
            use({name: each for name, each in zip(named, found, strict=True) if each is not None})
            count += 1
    return count


def _losses(model: DepthModel, tools: Tools, index: int, generator: torch.Generator) -> list[Float[Tensor, ""]]:
    if tools.loss is not None:
        return [tools.loss(model, index)]
    made = []
    for _ in range(PROJECTIONS):
        log = model(tools.images[index].to(next(model.parameters()).device))[0].clamp(min=1e-6).log()
        signs = torch.randint(2, log.shape, generator=generator).to(log) * 2 - 1
        made.append((signs * log).sum() / log.numel() ** 0.5)
    return made
