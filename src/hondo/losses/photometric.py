"""Photometric error: how badly one image explains another, pixel by pixel; structural similarity over 3x3 windows."""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

SSIM_WEIGHT = 0.85  # the rest is L1 (Godard et al. 2017)
C1, C2 = 0.01**2, 0.03**2  # Wang et al. 2004, for values in 0..1


class Moments(NamedTuple):
    """An image with the 3x3 means of it and of its square, to compare several others with it."""

    image: Float[Tensor, "b c h w"]
    mean: Float[Tensor, "b c h w"]
    mean_of_squares: Float[Tensor, "b c h w"]


def moments(image: Float[Tensor, "b c h w"]) -> Moments:
    """The local mean of an image and of its square."""
    return Moments(image=image, mean=local_mean(image), mean_of_squares=local_mean(image.square()))


def photometric_error(
    pred: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b 3 h w"] | Moments, *, ssim_weight: float = SSIM_WEIGHT
) -> Float[Tensor, "b 1 h w"]:
    """ssim_weight * clamp((1 - SSIM) / 2, 0, 1) + (1 - ssim_weight) |pred - target|, mean over RGB 0..1.

    Float32 inside, also under autocast. Pass ``moments(target)`` to compare several images with one.
    """
    with torch.autocast(pred.device.type, enabled=False):
        pred = pred.float()
        known = target if isinstance(target, Moments) else moments(target.float())
        difference = (pred - known.image).abs().mean(1, keepdim=True)
        structure = ((1 - ssim(pred, known)) / 2).clamp(0, 1).mean(1, keepdim=True)
        return ssim_weight * structure + (1 - ssim_weight) * difference


def ssim(pred: Float[Tensor, "b c h w"], target: Moments) -> Float[Tensor, "b c h w"]:
    """(2 mx my + C1)(2 cov + C2) / ((mx^2 + my^2 + C1)(vx + vy + C2)) at every pixel; 1 where both are the same."""
    own = moments(pred)
    twice_product = 2 * own.mean * target.mean
    squares = own.mean.square() + target.mean.square()
    covariance = 2 * local_mean(pred * target.image) - twice_product  # twice it
    variances = own.mean_of_squares + target.mean_of_squares - squares
    return (twice_product + C1) * (covariance + C2) / ((squares + C1) * (variances + C2))


def local_mean(image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """The mean of every 3x3 window, reflected at the border."""
    return _LocalMean.apply(image)  # type: ignore[return-value]


class _LocalMean(torch.autograd.Function):
    """Sums of slices, there and back: on a CPU several times faster than pooling and its gradient."""

    @staticmethod
    def forward(ctx: Any, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        return _window_sums(F.pad(image, (1, 1, 1, 1), mode="reflect")).div_(9)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        spread = _window_sums(F.pad(gradient, (2, 2, 2, 2))).div_(9)  # of the reflected image: h + 2, w + 2
        for side in (spread, spread.mT):  # what was reflected goes back to where it came from
            side[..., 2] += side[..., 0]
            side[..., -3] += side[..., -1]
        return spread[..., 1:-1, 1:-1]


def _window_sums(padded: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h-2 w-2"]:
    rows = (padded[..., :-2] + padded[..., 1:-1]).add_(padded[..., 2:])
    return (rows[..., :-2, :] + rows[..., 1:-1, :]).add_(rows[..., 2:, :])
