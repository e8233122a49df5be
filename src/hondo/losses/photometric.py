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
    """(2 mx my + C1)(2 cov + C2) / ((mx^2 + my^2 + C1)(vx + vy + C2)) at every pixel; 1 where both are the same.

    The gradient is that of ``pred`` alone; swap the two for the other's.
    """
    assert not target.image.requires_grad
    return _SSIM.apply(pred, *target)  # type: ignore[return-value]


class _SSIM(torch.autograd.Function):
    """The slopes are found with the values, image by image: faster than operation by operation through autograd."""

    @staticmethod
    def forward(
        ctx: Any,
        pred: Float[Tensor, "b c h w"],
        image: Float[Tensor, "b c h w"],
        mean: Float[Tensor, "b c h w"],
        mean_of_squares: Float[Tensor, "b c h w"],
    ) -> Float[Tensor, "b c h w"]:
        values = torch.empty_like(pred)
        slopes = pred.new_empty(len(pred) if ctx.needs_input_grad[0] else 0, 3, *pred.shape[1:])
        for n, (x, y, my, yy) in enumerate(zip(pred, image, mean, mean_of_squares, strict=True)):
            mx = local_mean(x)
            top = 2 * mx * my
            bottom = mx.square().addcmul_(my, my)
            covariance = local_mean(x * y).mul_(2).sub_(top).add_(C2)  # twice it, and C2
            variances = local_mean(x.square()).add_(yy).sub_(bottom).add_(C2)
            top.add_(C1), bottom.add_(C1)
            inverse = (bottom * variances).reciprocal_()
            value = torch.mul(top, covariance, out=values[n]).mul_(inverse)
            if len(slopes):  # of the means of x, x^2 and x y
                of_mean, of_square, of_product = slopes[n]
                torch.mul(my, covariance - top, out=of_mean).addcmul_(value * mx, variances - bottom, value=-1)
                of_mean.mul_(inverse).mul_(2)
                torch.mul(value, bottom, out=of_square).mul_(inverse).neg_()
                torch.mul(top, inverse, out=of_product).mul_(2)
        ctx.save_for_backward(pred, image, slopes)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Float[Tensor, "b c h w"]) -> tuple[Float[Tensor, "b c h w"], None, None, None]:
        pred, image, slopes = ctx.saved_tensors
        found = torch.empty_like(pred)
        for n, (x, y) in enumerate(zip(pred, image, strict=True)):
            of_mean, of_square, of_product = _spread(slopes[n] * gradient[n])
            torch.addcmul(of_mean, x, of_square, value=2, out=found[n]).addcmul_(y, of_product)
        return found, None, None, None


def local_mean(image: Float[Tensor, "*b h w"]) -> Float[Tensor, "*b h w"]:
    """The mean of every 3x3 window, reflected at the border; sums of slices are several times faster than pooling."""
    return _window_sums(F.pad(image, (1, 1, 1, 1), mode="reflect")).div_(9)


def _spread(gradient: Float[Tensor, "*b h w"]) -> Float[Tensor, "*b h w"]:
    """The gradient of an image, from that of its local mean."""
    spread = _window_sums(F.pad(gradient, (2, 2, 2, 2))).div_(9)  # of the reflected image: h + 2, w + 2
    for side in (spread, spread.mT):  # what was reflected goes back to where it came from
        side[..., 2] += side[..., 0]
        side[..., -3] += side[..., -1]
    return spread[..., 1:-1, 1:-1]


def _window_sums(padded: Float[Tensor, "*b h w"]) -> Float[Tensor, "*b _ _"]:
    rows = (padded[..., :-2] + padded[..., 1:-1]).add_(padded[..., 2:])
    return (rows[..., :-2, :] + rows[..., 1:-1, :]).add_(rows[..., 2:, :])
