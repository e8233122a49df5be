"""Groups of valid pixels drawn at random, for losses that compare points with each other."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor


def draw_points(
    is_valid: Bool[Tensor, "b 1 h w"], count: int, *, of: int, generator: torch.Generator | None = None
) -> tuple[Int[Tensor, "b p n"], Bool[Tensor, "b p"]]:
    """``count`` groups of ``of`` valid pixels of each image, as places in (h w), and whether the image has any.

    Pixels are drawn with replacement. ``generator``: on the CPU; None: torch's own.
    """
    known = is_valid.flatten(1)
    totals = known.sum(1, keepdim=True)  # b 1
    drawn = torch.rand(len(known), count * of, generator=generator).to(known.device)
    rank = (drawn * totals).floor().long().clamp(max=known.shape[1] - 1)  # of the valid pixels of the image, from 0
    rank = torch.minimum(rank, (totals - 1).clamp(min=0))
    places = torch.searchsorted(known.cumsum(1), rank + 1).clamp(max=known.shape[1] - 1)
    return places.unflatten(1, (count, of)), (totals > 0).expand(-1, count)
