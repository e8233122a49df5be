"""Convolutions whose weight gradient is a sum of matrix products: up to three times faster on CPUs.

oneDNN's own gradient of the weights reads the pixels of a map with its channels last one after the other, at a third
of the speed of its other two passes.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.overrides import TorchFunctionMode

KERNEL = 3
CHUNK = 2**18  # bytes of an image and its gradient that stay in a core's cache while the kernel's taps pass over them
SMALLEST = 512  # inputs times outputs; below it the products are too thin to be faster
FEWEST = 2048  # pixels of a batch


class FastWeightGradients(TorchFunctionMode):
    """Inside this context, float32 convolutions on the CPU that profit get this gradient; others do not change."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func is F.conv2d and not kwargs and len(args) == 7 and does_profit(*args):
            image, weight, bias, _, padding, *_ = args
            return _Convolution.apply(image, weight, bias, padding[0])
        return func(*args, **(kwargs or {}))


def does_profit(
    image: Tensor, weight: Tensor, bias: Tensor | None, stride: Any, padding: Any, dilation: Any, groups: int
) -> bool:
    """Whether a convolution, given as F.conv2d gets it, is of the kind and size that the products are faster for."""
    if tuple(weight.shape[2:]) != (KERNEL, KERNEL) or (stride, dilation, groups) != ((1, 1), (1, 1), 1):
        return False
    if not (torch.is_grad_enabled() and weight.requires_grad and padding in ((0, 0), (1, 1))):
        return False
    is_plain = image.device.type == "cpu" and image.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    pixels, channels = image.shape[2] * image.shape[3], weight.shape[0] * weight.shape[1]
    is_large = channels >= SMALLEST and pixels >= weight.shape[1] and len(image) * pixels >= FEWEST
    return is_plain and is_large and image.is_contiguous(memory_format=torch.channels_last)


class _Convolution(torch.autograd.Function):
    """F.conv2d with stride 1."""

    @staticmethod
    def forward(
        ctx: Any, image: Float[Tensor, "b c h w"], weight: Float[Tensor, "d c 3 3"], bias: Tensor | None, padding: int
    ) -> Float[Tensor, "b d _ _"]:
        ctx.save_for_backward(image, weight)
        ctx.padding = padding
        return F.conv2d(image, weight, bias, padding=padding)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Float[Tensor, "b d _ _"]) -> tuple[Tensor | None, ...]:
        image, weight = ctx.saved_tensors
        needs_image, _, needs_bias, _ = ctx.needs_input_grad
        of_image = None
        if needs_image:
            pads, ones = [ctx.padding] * 2, [1, 1]
            of_image = torch.ops.aten.convolution_backward(
                gradient, image, weight, None, ones, pads, ones, False, [0, 0], 1, [True, False, False]
            )[0]
        of_weight = weight_gradient(image, gradient, padding=ctx.padding)
        return of_image, of_weight, gradient.sum((0, 2, 3)) if needs_bias else None, None


def weight_gradient(
    image: Float[Tensor, "b c h w"], gradient: Float[Tensor, "b d _ _"], *, padding: int
) -> Float[Tensor, "d c 3 3"]:
    """The gradient of a 3x3 convolution's weights, of its input and the gradient of its output.

    With zeros for the pixels that the kernel does not reach in each row, both are lists of equally many pixels, and the
    taps of the kernel are shifts of one list along the other: each is a product of two matrices, image by image.
    """
    padded = F.pad(image, (padding,) * 4) if padding else image
    pixels = padded.permute(0, 2, 3, 1)  # b h w c
    size, width, (rows, columns) = len(image), pixels.shape[2], gradient.shape[2:]
    filled = gradient.new_zeros(size, rows, width, gradient.shape[1])
    filled[:, :, :columns] = gradient.permute(0, 2, 3, 1)
    inputs, outputs = pixels.reshape(size, -1, image.shape[1]), filled.flatten(1, 2)  # b n c, b m d
    step = max(1, CHUNK // (4 * (inputs.shape[2] + outputs.shape[2])))
    taps = image.new_zeros(KERNEL, KERNEL, size, inputs.shape[2], outputs.shape[2])
    for start in range(0, outputs.shape[1], step):
        for row in range(KERNEL):
            for column in range(KERNEL):
                end = min(start + step, outputs.shape[1] - column)  # what is beyond it was filled with zeros
                shift = row * width + column
                taps[row, column].baddbmm_(inputs[:, start + shift : end + shift].mT, outputs[:, start:end])
    return taps.sum(2).permute(3, 2, 0, 1)
