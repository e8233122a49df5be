"""Optical flow between the images of a batch, by OpenCV."""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.images.optical_flow import OpticalFlow, pixel_places, small_grey
from hondo.images.pixels import tensor_to_rgb8

AREA = 98_304  # pixels of the images that are matched: 256x384
ROUND_TRIP = 1.0  # squared pixels by which the way there and back may miss its start


@torch.no_grad()
def measured_flow(
    image: Float[Tensor, "b 3 h w"], sources: Float[Tensor, "b n 3 h w"]
) -> tuple[Float[Tensor, "b n 2 h w"], Bool[Tensor, "b n 1 h w"]]:
    """The flow from each image to its sources [pixels], and where it leads there and back."""
    search, flows, misses = OpticalFlow(), [], []
    for target, views in zip(image, sources, strict=True):
        grey = small_grey(tensor_to_rgb8(target), area=AREA)
        for view in views:
            match = search.match(grey, small_grey(tensor_to_rgb8(view), area=AREA))
            flows.append(match.place - pixel_places((grey.shape[0], grey.shape[1])))
            misses.append(match.miss)
    flow = torch.from_numpy(np.stack(flows)).permute(0, 3, 1, 2)  # bn 2 H W
    size_hw, factor = image.shape[-2:], flow.new_tensor([image.shape[-1], image.shape[-2]])
    factor = factor / factor.new_tensor([flow.shape[-1], flow.shape[-2]])
    flow = F.interpolate(flow, size_hw, mode="bilinear", align_corners=False) * factor[:, None, None]
    is_matched = torch.from_numpy(np.stack(misses))[:, None] < ROUND_TRIP
    is_matched = F.interpolate(is_matched.float(), size_hw, mode="nearest") > 0
    shape = (sources.shape[0], sources.shape[1])
    return flow.unflatten(0, shape).to(image.device), is_matched.unflatten(0, shape).to(image.device)
