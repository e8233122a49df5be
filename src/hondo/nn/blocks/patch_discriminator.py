"""A discriminator that scores patches of a map beside the image that it belongs to (Isola et al. 2017)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

GROUPS = 8  # of the group norms


class PatchDiscriminator(nn.Module):
    """One score for each patch of 8x8 pixels, from a field of 38x38: high where the map looks true for the image."""

    def __init__(self, *, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(4, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False),
            nn.GroupNorm(GROUPS, 2 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1, bias=False),
            nn.GroupNorm(GROUPS, 4 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4 * width, 1, 3, padding=1),
        )

    def forward(self, image: Float[Tensor, "b 3 h w"], values: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 _ _"]:
        return self.layers(torch.cat([image, values], dim=1))
