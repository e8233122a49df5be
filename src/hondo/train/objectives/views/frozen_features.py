"""Features of an encoder as it was before training."""

import copy
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel

STRIDE = 4  # the maps compared: fine enough for places, coarse enough for a slope over several pixels


class FrozenFeatures(nn.Module):
    """The maps at a quarter of the size that a model's encoder gives at the start of training."""

    def __init__(self, model: DepthModel) -> None:
        super().__init__()
        encode = getattr(model.network, "encoder", None) or getattr(model.network, "encode", None)
        if encode is None:
            raise HondoError(
                f"the feature_metric term compares features, and model '{model.name}' has no encoder; leave it out"
            )
        self.model = copy.deepcopy(model).eval().requires_grad_(False)

    def train(self, mode: bool = True) -> "FrozenFeatures":
        """Stays in evaluation mode."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c _ _"]:
        multiple = self.model.input_spec.multiple_of
        size_hw = [max(multiple, round(side / multiple) * multiple) for side in image.shape[-2:]]
        if size_hw != list(image.shape[-2:]):  # padding would belong to no pixel
            image = F.interpolate(image, size_hw, mode="bilinear", align_corners=False)
        network: Any = self.model.network
        encode = getattr(network, "encoder", None) or network.encode
        maps = encode(self.model.prepared(image))
        wanted = size_hw[1] / STRIDE
        return min(maps, key=lambda each: abs(each.shape[-1] - wanted)).float()
