"""Multiply-accumulates and parameters of a model.

One definition for the whole project: the multiply-accumulates of one forward pass in every convolution, linear layer
and matrix product (attention has two: queries by keys, weights by values). A bias, a normalisation, an activation, a
resize and a softmax count nothing. One multiply-accumulate is two floating point operations; papers of the field that
say "FLOPs" often mean this number.
"""

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from hondo.core.errors import HondoError
from hondo.core.types import InputSpec, Size
from hondo.models.base.multi_frame import MultiFrameModel


def count_macs(model: nn.Module, *, size_hw: Size | None = None) -> int:
    """For one image of ``size_hw``, by default the model's native size (one pair for a pose network).

    Nothing is computed: shapes alone run through the model, on the meta device, and the model stays as it is.
    """
    height, width = size_hw or native_size(model)
    values = {name: tensor.detach().to("meta") for name, tensor in (*model.named_parameters(), *model.named_buffers())}
    images = (torch.empty(1, 3, height, width, device="meta"),) * int(getattr(model, "num_images", 1))
    if isinstance(model, MultiFrameModel):  # a frame of a video costs more than an image
        images += (
            torch.empty(1, model.num_previous, 3, height, width, device="meta"),
            torch.eye(3, device="meta")[None],
        )
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:  # fused attention is not counted; its two products are
        functional_call(model, values, images)
    return counter.get_total_flops() // 2


def native_size(model: nn.Module) -> Size:
    """The size that the model states in its input spec."""
    spec = getattr(model, "input_spec", None)
    if not isinstance(spec, InputSpec):
        raise HondoError(f"{type(model).__name__} states no size of its own; give size_hw=(height, width)")
    return spec.size_hw


def count_parameters(model: nn.Module) -> int:
    """Learnable numbers; shared ones count once."""
    return sum(parameter.numel() for parameter in model.parameters())
