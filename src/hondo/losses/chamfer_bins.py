"""How well the centres of an image's bins lie among its true depths."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

FAR = 1e9  # metres; where a pixel has no depth


def chamfer_bins_loss(
    bin_centres: Float[Tensor, "b n"], depth_gt: Float[Tensor, "b 1 h w"], *, is_valid: Bool[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """mean over pixels of min_c |x - c|^2 plus mean over centres of min_x |x - c|^2 [m^2] (Bhat et al. 2021, eq. 6).

    Images without a valid pixel do not count. Sorted sets: memory grows with pixels, not with pixels times bins.
    """
    is_known = is_valid.flatten(1)
    truth = torch.where(is_known, depth_gt.flatten(1).float(), FAR)
    centres = bin_centres.float()
    counts = is_known.sum(1)
    of_pixels = torch.where(is_known, nearest_distance(truth, centres), 0).square().sum(1) / counts.clamp(min=1)
    of_centres = nearest_distance(centres, truth).square().mean(1)
    of_images = torch.where(counts > 0, of_pixels + of_centres, 0)
    return of_images.sum() / (counts > 0).sum().clamp(min=1)


def nearest_distance(points: Float[Tensor, "b n"], others: Float[Tensor, "b m"]) -> Float[Tensor, "b n"]:
    """From each number to the nearest of ``others``, row by row."""
    others = others.sort(dim=1).values
    above = torch.searchsorted(others.detach(), points.detach().contiguous()).clamp(max=others.shape[1] - 1)
    below = (above - 1).clamp(min=0)
    return torch.minimum((points - others.gather(1, above)).abs(), (points - others.gather(1, below)).abs())
