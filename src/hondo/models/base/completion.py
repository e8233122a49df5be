"""CompletionModel: a DepthModel that also sees sparse measurements of depth, where they are given."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel, cropped

CHANNELS = 5  # of the network's input: RGB, log depth, mask of where it was measured
NEAREST = 1e-3  # metres; measurements nearer than this count as this


class CompletionModel(DepthModel):
    """Depth of an image and of points measured in it (Ma and Karaman 2018), LiDAR for example.

    The network takes RGB, the logarithm of the measured depth, spread to the pixels between, and a mask of where it was
    measured. Without
    measurements the model answers from the image alone, as engines and videos ask it.
    """

    def forward(
        self,
        image: Float[Tensor, "b 3 h w"],
        sparse_depth: Float[Tensor, "b 1 _ _"] | None = None,
        is_measured: Bool[Tensor, "b 1 _ _"] | None = None,
    ) -> list[Float[Tensor, "b 1 _ _"]]:
        """``sparse_depth``: metres, of the pixels where ``is_measured``; what it holds elsewhere does not count."""
        padded = self.prepared(image)
        maps = self.network(torch.cat([padded, _measured(padded, image, sparse_depth, is_measured)], dim=1))
        maps = cropped([maps] if isinstance(maps, Tensor) else list(maps), image=image, padded=padded)
        return maps if self.factor == 1 else [self.factor * each for each in maps]


def _measured(
    padded: Float[Tensor, "b 3 H W"],
    image: Float[Tensor, "b 3 h w"],
    sparse_depth: Float[Tensor, "b 1 _ _"] | None,
    is_measured: Bool[Tensor, "b 1 _ _"] | None,
) -> Float[Tensor, "b 2 H W"]:
    """Log depth and mask at the padded size; nothing is measured in the padding."""
    if sparse_depth is None or is_measured is None:
        if (sparse_depth is None) != (is_measured is None):
            raise HondoError("sparse_depth and is_measured come together")
        return padded.new_zeros(()).expand(len(padded), 2, *padded.shape[-2:])
    if sparse_depth.shape != is_measured.shape or sparse_depth.shape[-2:] != image.shape[-2:]:
        raise HondoError(
            f"sparse depth must have the size of the image, {tuple(image.shape[-2:])}, got "
            f"{tuple(sparse_depth.shape[-2:])} and {tuple(is_measured.shape[-2:])}"
        )
    known = torch.where(is_measured, sparse_depth.to(padded), 1).clamp(min=NEAREST).log()
    both = torch.cat([known, is_measured.to(known)], dim=1)
    both = F.pad(both, (0, padded.shape[-1] - both.shape[-1], 0, padded.shape[-2] - both.shape[-2]))
    return torch.cat([spread(both[:, :1], both[:, 1:]), both[:, 1:]], dim=1)


def spread(values: Float[Tensor, "b 1 h w"], weight: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
    """Each pixel without a weight gets the mean of the smallest block around it that holds measurements; else 0."""
    if min(values.shape[-2:]) == 1:
        known = weight.sum((2, 3), keepdim=True)
        mean = (values * weight).sum((2, 3), keepdim=True) / known.clamp(min=1e-6)
        return torch.where(weight > 0, values, mean)
    half = F.avg_pool2d(weight, 2, ceil_mode=True)
    means = F.avg_pool2d(values * weight, 2, ceil_mode=True) / half.clamp(min=1e-9)
    coarse = spread(means, half).repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    return torch.where(weight > 0, values, coarse[..., : values.shape[-2], : values.shape[-1]])
