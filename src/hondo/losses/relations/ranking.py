"""Ordinal ranking: of two points, the one that is nearer must get the larger inverse depth, by a margin."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from hondo.losses.masked import masked_mean
from hondo.losses.relations.drawn_points import draw_points
from hondo.losses.ssi import normalised

NUM_PAIRS = 2000  # drawn from an image
MARGIN = 0.05  # of two points of different depth, in mean absolute deviations of the image


def ordinal_loss(
    inv_depth: Float[Tensor, "b 1 h w"], pairs: Float[Tensor, "b p 5"], *, margin: float = MARGIN
) -> Float[Tensor, ""]:
    """mean of max(0, margin - order * difference) over labelled pairs, in mean absolute deviations of the image.

    Chen et al. 2016 use the logistic loss in place of the hinge, which is 0 at the truth. Pairs are as in
    ``Sample.pairs``; rows that hold NaN do not count. Any factor and shift of ``inv_depth`` is free.
    """
    height, width = inv_depth.shape[-2:]
    is_pair = pairs.isfinite().all(-1)  # b p
    points = torch.where(is_pair[..., None], pairs, 0).float()
    x, y = points[..., [0, 2]].long().clamp(0, width - 1), points[..., [1, 3]].long().clamp(0, height - 1)
    everywhere = torch.ones_like(inv_depth, dtype=torch.bool)
    scaled = normalised(inv_depth.float(), everywhere).flatten(1)
    first, second = (scaled.gather(1, y[..., place] * width + x[..., place]) for place in (0, 1))
    return pair_hinge(first - second, points[..., 4].sign(), is_pair, margin=margin)


def ranking_loss(
    inv_depth: Float[Tensor, "b 1 h w"],
    inv_depth_gt: Float[Tensor, "b 1 h w"],
    *,
    is_valid: Bool[Tensor, "b 1 h w"],
    num_pairs: int = NUM_PAIRS,
    margin: float = MARGIN,
    generator: torch.Generator | None = None,
) -> Float[Tensor, ""]:
    """The hinge of ``ordinal`` over pairs drawn from the valid pixels of a map (after Xian et al. 2018).

    Both maps are at median 0 and mean absolute deviation 1; pairs that differ by less than ``margin`` are about equal.
    """
    places, has_points = draw_points(is_valid, num_pairs, of=2, generator=generator)
    first, second = _differences(normalised(inv_depth.float(), is_valid), places)
    true_first, true_second = _differences(normalised(inv_depth_gt.float(), is_valid), places)
    difference = true_first - true_second
    order = torch.where(difference.abs() > margin, difference.sign(), 0)
    return pair_hinge(first - second, order, has_points, margin=margin)


def pair_hinge(
    difference: Float[Tensor, "b p"], order: Float[Tensor, "b p"], is_pair: Bool[Tensor, "b p"], *, margin: float
) -> Float[Tensor, ""]:
    """mean of max(0, margin - order * difference) where the order is 1 or -1, and of max(0, |difference| - margin)
    where it is 0; of the inverse depth of the first point less that of the second.
    """
    ordered, equal = F.relu(margin - order * difference), F.relu(difference.abs() - margin)
    return masked_mean(torch.where(order == 0, equal, ordered), is_pair)


def _differences(
    values: Float[Tensor, "b 1 h w"], places: Int[Tensor, "b p 2"]
) -> tuple[Float[Tensor, "b p"], Float[Tensor, "b p"]]:
    flat = values.flatten(1)
    return flat.gather(1, places[..., 0]), flat.gather(1, places[..., 1])
