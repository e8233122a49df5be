"""Changes of how an image looks, not of what it shows: one pure function each, with its own strength for every sample.

Images are RGB 0..1 (b v 3 h w), v views of a sample that are changed alike; strengths have shape (b). Results
stay in 0..1.
"""

import math
from collections.abc import Sequence
from typing import TypeAlias

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from hondo.data.augment.jpeg import compress_jpeg

Images: TypeAlias = Float[Tensor, "b v 3 h w"]
Strength: TypeAlias = Float[Tensor, " b"]

_GREY = (0.299, 0.587, 0.114)  # luma of BT.601
# RGB to Y I Q (NTSC): hue is a rotation of the plane I Q.
_YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))


def brightness(images: Images, factor: Strength) -> Images:
    """images x factor"""
    return (images * _wide(factor)).clamp(0, 1)


def contrast(images: Images, factor: Strength) -> Images:
    """Spread around the mean grey of each image, times factor."""
    mean = _grey(images).mean(dim=(-2, -1), keepdim=True)
    return torch.lerp(mean, images, _wide(factor)).clamp(0, 1)


def saturation(images: Images, factor: Strength) -> Images:
    """Distance from grey, times factor."""
    return torch.lerp(_grey(images).expand_as(images), images, _wide(factor)).clamp(0, 1)


def hue(images: Images, turns: Strength) -> Images:
    """Colours turned by a part of the full circle (0.1: 36 degrees) at constant luma."""
    angle = 2 * math.pi * turns
    cos, sin, zero, one = angle.cos(), angle.sin(), torch.zeros_like(angle), torch.ones_like(angle)
    turn = torch.stack([one, zero, zero, zero, cos, -sin, zero, sin, cos], dim=-1).unflatten(-1, (3, 3))  # (b 3 3)
    to_yiq = torch.tensor(_YIQ, dtype=images.dtype, device=images.device)
    matrix = torch.linalg.inv(to_yiq) @ turn @ to_yiq
    return torch.einsum("bij,bvjhw->bvihw", matrix, images).clamp(0, 1)


def jitter(images: Images, order: Sequence[int], strengths: Sequence[Strength]) -> Images:
    """Brightness (0), contrast (1), saturation (2) and hue (3) in this order, each with its own strengths."""
    for index, strength in zip(order, strengths, strict=True):
        images = (brightness, contrast, saturation, hue)[index](images, strength)
    return images


def exposure(images: Images, stops: Strength) -> Images:
    """Light times 2^stops, in linear light (gamma 2.2)."""
    return (images.clamp_min(1e-6) * _wide(2 ** (stops / 2.2))).clamp(0, 1)


def gamma(images: Images, power: Strength) -> Images:
    """images ^ power"""
    return images.clamp_min(1e-6) ** _wide(power)


def white_balance(images: Images, gains: Float[Tensor, "b 3"]) -> Images:
    """Each colour channel times its gain."""
    return (images * gains[:, None, :, None, None]).clamp(0, 1)


def noise(images: Images, sigma: Strength, *, generator: torch.Generator) -> Images:
    """Gaussian noise of standard deviation sigma (0..1 units), independent in every pixel and view."""
    drawn = torch.randn(images.shape, generator=generator, device=generator.device, dtype=images.dtype)
    return (images + drawn.to(images.device) * _wide(sigma)).clamp(0, 1)


def blur(images: Images, sigma: Strength) -> Images:
    """Gaussian blur of standard deviation sigma in pixels (0: none)."""
    radius = max(1, math.ceil(3 * float(sigma.max())))
    x = torch.arange(-radius, radius + 1, device=images.device, dtype=images.dtype)
    weights = torch.exp(-(x**2) / (2 * sigma.to(images)[:, None] ** 2).clamp_min(1e-8))
    weights = weights / weights.sum(dim=1, keepdim=True)  # (b k)
    per_plane = weights.repeat_interleave(images.shape[1] * 3, dim=0)  # (b v 3, k)
    planes = F.pad(images.flatten(0, 2)[None], (radius,) * 4, mode="replicate")  # (1 n h w)
    planes = F.conv2d(planes, per_plane[:, None, None, :], groups=len(per_plane))
    return F.conv2d(planes, per_plane[:, None, :, None], groups=len(per_plane))[0].reshape(images.shape)


def jpeg(images: Images, quality: Strength) -> Images:
    """The losses of JPEG at a quality of 1..100."""
    each = quality.to(images).repeat_interleave(images.shape[1])
    return compress_jpeg(images.flatten(0, 1), each).reshape(images.shape)


def _grey(images: Images) -> Float[Tensor, "b v 1 h w"]:
    weights = torch.tensor(_GREY, dtype=images.dtype, device=images.device)
    return torch.einsum("c,bvchw->bvhw", weights, images).unsqueeze(2)


def _wide(strength: Strength) -> Float[Tensor, "b 1 1 1 1"]:
    return strength[:, None, None, None, None]
