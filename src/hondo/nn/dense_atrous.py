"""Dense atrous convolutions: growing dilations, each seeing the maps of all before it (Yang et al. 2018, DenseASPP)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

DILATIONS = (3, 6, 12, 18, 24)


class DenseAtrous(nn.Module):
    """``x`` (refined) and ``context`` (``x`` before refinement, with the encoder's map) to ``outputs`` channels each.

    The first branch sees ``x`` alone; the others ``context`` and what the branches before them gave.
    """

    def __init__(self, *, inputs: int, context: int, outputs: int, dilations: Sequence[int] = DILATIONS) -> None:
        super().__init__()
        seen = [inputs, *(context + outputs * count for count in range(1, len(dilations)))]
        self.branches = nn.ModuleList(
            branch(channels, outputs, dilation=dilation, has_norm=index > 0)
            for index, (channels, dilation) in enumerate(zip(seen, dilations, strict=True))
        )
        self.join = nn.Sequential(
            nn.Conv2d(inputs + outputs * len(dilations), outputs, 3, padding=1, bias=False), nn.ELU(inplace=True)
        )

    def forward(self, x: Float[Tensor, "b c h w"], context: Float[Tensor, "b d h w"]) -> Float[Tensor, "b e h w"]:
        maps = [self.branches[0](x)]
        for later in list(self.branches)[1:]:
            maps.append(later(torch.cat([context, *maps], dim=1)))
        return self.join(torch.cat([x, *maps], dim=1))


def branch(inputs: int, outputs: int, *, dilation: int, has_norm: bool) -> nn.Sequential:
    """ReLU, 1x1 to twice the outputs, ReLU, dilated 3x3; ``has_norm``: normalised first."""
    wide = 2 * outputs
    return nn.Sequential(
        nn.BatchNorm2d(inputs, eps=1.1e-5) if has_norm else nn.Identity(),
        nn.ReLU(),
        nn.Conv2d(inputs, wide, 1, bias=False),
        nn.BatchNorm2d(wide),
        nn.ReLU(inplace=True),
        nn.Conv2d(wide, outputs, 3, padding=dilation, dilation=dilation, bias=False),
    )
