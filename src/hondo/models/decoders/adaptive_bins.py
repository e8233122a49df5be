"""Depth as the expectation over bins that are laid anew for every image (AdaBins, Bhat et al. 2021)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel, EncoderDecoder, cropped
from hondo.nn.blocks.mini_vit import MiniViT


class AdaptiveBins(nn.Module):
    """Features to depth [m] in ``min_depth``..``max_depth`` at the finest map's size: sum_i p_i c_i (equation 4)."""

    def __init__(self, decoder: nn.Module, vit: MiniViT, *, bins: int, min_depth: float, max_depth: float) -> None:
        super().__init__()
        if not 0 < min_depth < max_depth:
            raise HondoError(f"depths must satisfy 0 < min_depth < max_depth, got {min_depth:g} and {max_depth:g}")
        self.decoder, self.vit = decoder, vit
        self.min_depth, self.max_depth = min_depth, max_depth
        self.classify = nn.Conv2d(vit.queries, bins, 1)

    def forward(self, features: list[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b 1 _ _"]]:
        return [self.with_bins(features)[0]]

    def with_bins(
        self, features: list[Float[Tensor, "b _ _ _"]]
    ) -> tuple[Float[Tensor, "b 1 _ _"], Float[Tensor, "b bins"]]:
        """The depth and, growing, the centres of the bins [m]."""
        widths, maps = self.vit(self.decoder(features))
        centres = bin_centres(widths, min_depth=self.min_depth, max_depth=self.max_depth)
        probabilities = self.classify(maps).float().softmax(dim=1)  # (b bins h w)
        depth = torch.matmul(centres[:, None], probabilities.flatten(2)).unflatten(2, probabilities.shape[-2:])
        return depth, centres


def bin_centres(widths: Float[Tensor, "b bins"], *, min_depth: float, max_depth: float) -> Float[Tensor, "b bins"]:
    """c_i = min + (max - min) (w_i / 2 + sum_{j<i} w_j) of widths that sum to 1 (equation 3), in metres.

    Each sum is taken at once: engines that compute in bf16 lose the narrow bins in a sum that runs on.
    """
    place = torch.arange(widths.shape[1], device=widths.device, dtype=widths.dtype)
    taken = ((place[:, None] - place).sign() + 1) / 2  # the bins below whole, the bin itself by half
    return min_depth + (max_depth - min_depth) * (widths[:, None] * taken).sum(dim=2)


class BinnedModel(DepthModel):
    """``network`` is an encoder under AdaptiveBins."""

    def with_bins(
        self, image: Float[Tensor, "b 3 h w"]
    ) -> tuple[list[Float[Tensor, "b 1 _ _"]], Float[Tensor, "b bins"]]:
        """What the call gives, and the centres of the bins [m], for a loss that compares them with true depths."""
        network = self.network
        assert isinstance(network, EncoderDecoder) and isinstance(network.decoder, AdaptiveBins)
        padded = self.prepared(image)
        depth, centres = network.decoder.with_bins(network.encoder(padded))
        return cropped([depth], image=image, padded=padded), centres
