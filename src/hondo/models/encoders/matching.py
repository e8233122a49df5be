"""A ResNet that joins a cost volume over earlier frames to its features at a quarter of the size (ManyDepth)."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.models.encoders.timm_features import TimmEncoder
from hondo.nn.cost_volume import Matching, match, unmatched

MATCHING_STRIDE = 4


class MatchingResNet(nn.Module):
    """Features of the image, finest first, and what was matched; without earlier frames the volume is empty.

    ``depth_range``: nearest and farthest of ``num_depths`` depths, linear between; a buffer, since training adapts it.
    No gradient flows through the volume: neither to earlier frames nor to poses.
    """

    def __init__(self, resnet: TimmEncoder, *, num_depths: int, depth_range: tuple[float, float]) -> None:
        super().__init__()
        layers: Any = resnet.network
        self.channels, self.strides = resnet.channels, resnet.strides
        self.mean, self.std, self.is_fixed = resnet.mean, resnet.std, resnet.is_fixed
        self.num_depths = num_depths
        self.stem = nn.Sequential(layers["conv1"], layers["bn1"], layers["act1"])
        self.first = nn.Sequential(layers["maxpool"], layers["layer1"])
        self.later = nn.ModuleList(layers[f"layer{number}"] for number in (2, 3, 4))
        joined = self.channels[1]
        self.reduce = nn.Sequential(nn.Conv2d(joined + num_depths, joined, 3, padding=1), nn.ReLU(inplace=True))
        self.depth_range: Tensor
        self.register_buffer("depth_range", torch.tensor(depth_range))

    @property
    def depths(self) -> Float[Tensor, " d"]:
        """The depths that are tried, in the unit of the poses."""
        near, far = self.depth_range.float()
        steps = torch.arange(self.num_depths, device=near.device, dtype=torch.float32) / (self.num_depths - 1)
        return near + (far - near) * steps

    def forward(
        self,
        image: Float[Tensor, "b 3 h w"],
        previous: Float[Tensor, "b n 3 h w"] | None = None,
        K: Float[Tensor, "b 3 3"] | None = None,
        T_previous_target: Float[Tensor, "b n 4 4"] | None = None,
        *,
        seen_before: Float[Tensor, "b n c H W"] | None = None,
    ) -> tuple[list[Float[Tensor, "b _ _ _"]], Matching]:
        """K is in pixels of ``image``, with pixel centres at integers of the matched maps.

        ``seen_before``: what this gave for the earlier frames as its second features, in place of ``previous``.
        """
        fine = self.stem(image)
        coarse = self.first(fine)
        if seen_before is None and previous is not None:
            with torch.no_grad():
                seen_before = self.first(self.stem(previous.flatten(0, 1))).unflatten(0, previous.shape[:2])
        if seen_before is None or K is None or T_previous_target is None:
            matching = unmatched(coarse, num_depths=self.num_depths)
        else:
            K_coarse = K * K.new_tensor([1 / MATCHING_STRIDE, 1 / MATCHING_STRIDE, 1])[:, None]
            matching = match(coarse.detach(), seen_before, T_previous_target.detach(), K_coarse, self.depths)
        x = self.reduce(torch.cat([coarse, matching.trusted_cost.to(coarse.dtype)], dim=1))
        features = [fine, coarse]
        for layer in self.later:
            x = layer(x)
            features.append(x)
        return features, matching
