"""What reads removed channels takes them from the others: least squares on images, an OBS update of a whole block."""

import math
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import nn

from hondo.compress.compressor import Images
from hondo.compress.pruning.importance import damped
from hondo.compress.pruning.inputs import InputMoments, input_moments
from hondo.compress.pruning.removal import IN, Group, places_of, sides_of
from hondo.compress.restructured import copy_of
from hondo.models.base.depth_model import DepthModel


def refitted(
    model: DepthModel, parts: Mapping[str, Sequence[int]], groups: Iterable[Group], images: Images
) -> DepthModel:
    """A copy whose layers need ``parts`` less: each channel that goes is written as a sum of those that stay.

    The sum is the closest at the same pixel over the images (Hassibi and Stork 1993, for blocks of weights); a layer
    with a bias has a constant among the terms.
    """
    made, chosen = copy_of(model), [group for group in groups if len(parts.get(group.name, ()))]
    gone = {path: places for (path, side), places in places_of(chosen, parts).items() if side == IN}
    moments = input_moments(made, list(gone), images)
    with torch.no_grad():
        for path, places in gone.items():
            if path in moments:
                absorb(made.get_submodule(path), places, moments[path])
    return made


def absorb(module: nn.Module, gone: Sequence[int], moments: InputMoments) -> None:
    """Adds to the weights that stay what the inputs ``gone`` had of them; their own weights become zero."""
    ((name, dim),) = sides_of(module, IN)
    weight = module.get_parameter(name)
    bias = module.get_parameter("bias") if getattr(module, "bias", None) is not None else None
    second = moments.second if bias is None else moments.second - torch.outer(moments.mean, moments.mean)
    kept = torch.ones(len(second), dtype=torch.bool)
    kept[list(gone)] = False
    shares = torch.linalg.solve(damped(second[kept][:, kept]), second[kept][:, ~kept]).to(weight)  # (kept gone)
    by_input = weight.detach().transpose(0, dim)  # (i o *k)
    lost = by_input[~kept].clone()
    by_input[kept] += torch.tensordot(shares, lost, dims=1)
    by_input[~kept] = 0
    if bias is not None:
        constant = (moments.mean[~kept].to(weight) - shares.t() @ moments.mean[kept].to(weight)).view(-1, 1)
        taps = lost.flatten(2).sum(2) if lost.ndim > 2 else lost  # (gone o)
        if isinstance(module, nn.ConvTranspose2d):
            taps = taps / math.prod(module.stride)  # each output meets a part of the taps
        bias += (taps * constant).sum(0)
