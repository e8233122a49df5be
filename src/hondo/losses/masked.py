"""Means and medians over the pixels that count: one number per image, and the mean over the images that have any."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def masked_mean(values: Float[Tensor, "b ..."], is_valid: Bool[Tensor, "b ..."]) -> Float[Tensor, ""]:
    """The mean over the valid pixels of each image, then over the images that have valid pixels; 0 if none has."""
    sums = torch.where(is_valid, values, 0).flatten(1).sum(1)
    counts = is_valid.flatten(1).sum(1)
    return (sums / counts.clamp(min=1)).sum() / (counts > 0).sum().clamp(min=1)


def masked_median(values: Float[Tensor, "b ..."], is_valid: Bool[Tensor, "b ..."]) -> Float[Tensor, " b"]:
    """The (lower) median over the valid pixels of each image; 0 where an image has none."""
    marked = torch.where(is_valid, values, torch.nan).flatten(1)
    return marked.nanmedian(dim=1).values.nan_to_num(0.0)
