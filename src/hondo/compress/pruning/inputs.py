"""Statistics of what layers read, over images: per channel, and between channels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.compress.compressor import Images
from hondo.compress.traced_calls import seen
from hondo.models.base.depth_model import DepthModel


@dataclass(frozen=True, kw_only=True)
class InputMoments:
    """Of the inputs of one layer, over images and positions."""

    mean: Float[Tensor, " c"]
    second: Float[Tensor, "c c"]  # mean of x x', without subtracting the mean
    share_nonzero: Float[Tensor, " c"]

    @property
    def variance(self) -> Float[Tensor, " c"]:
        """Of every channel."""
        return (self.second.diagonal() - self.mean.square()).clamp(min=0)


def input_moments(model: DepthModel, paths: Sequence[str], images: Images) -> dict[str, InputMoments]:
    """The statistics of every layer named, each position counted alike."""
    sums: dict[str, list[Tensor]] = {}

    def look(path: str, module: nn.Module, given: tuple[Any, ...], output: Tensor) -> None:
        if path in wanted:
            x = by_position(given[0], module)
            now = [torch.tensor(float(len(x))), x.sum(0), x.t() @ x, (x != 0).float().sum(0)]
            sums[path] = [a + b for a, b in zip(sums[path], now, strict=True)] if path in sums else now

    wanted = frozenset(paths)
    with torch.no_grad(), seen(model.eval(), look):
        for image in images:
            model(image.to(next(model.parameters()).device))
    return {
        path: InputMoments(mean=total / count, second=products / count, share_nonzero=nonzero / count)
        for path, (count, total, products, nonzero) in sums.items()
    }


def by_position(x: Float[Tensor, "..."], module: nn.Module) -> Float[Tensor, "n c"]:
    """Channels of every image and position, on the CPU."""
    is_map = isinstance(module, nn.Conv2d | nn.ConvTranspose2d)
    return (x.movedim(1, -1) if is_map else x).flatten(0, -2).float().cpu()
