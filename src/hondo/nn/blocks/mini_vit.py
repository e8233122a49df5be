"""AdaBins' mini-ViT (Bhat et al. 2021, section 3.3): bin widths of an image and the queries for its pixels."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.nn.blocks.transformer_block import PostNormBlock

MAX_TOKENS = 500  # positions that are learnt; longer sequences interpolate them
SMALLEST_WIDTH = 0.1  # added to every bin's width before they are normalised (equation 2: epsilon)


class MiniViT(nn.Module):
    """A map of features to the widths of bins (they sum to 1) and to range attention maps, one a query.

    The first token regresses the widths, the next ``queries`` are kernels over the map. Maps that hold fewer patches
    than that are enlarged before they are cut into patches.
    """

    def __init__(
        self, *, dim: int = 128, bins: int = 256, queries: int = 128, patch: int = 16, layers: int = 4,
        num_heads: int = 4, hidden: int = 1024,
    ) -> None:  # fmt: skip
        super().__init__()
        self.queries, self.patch = queries, patch
        self.embed = nn.Conv2d(dim, dim, patch, stride=patch)
        self.positions = nn.Parameter(torch.rand(MAX_TOKENS, dim))
        self.blocks = nn.ModuleList(PostNormBlock(dim=dim, num_heads=num_heads, hidden=hidden) for _ in range(layers))
        self.conv = nn.Conv2d(dim, dim, 3, padding=1)
        self.regressor = nn.Sequential(
            nn.Linear(dim, 256), nn.LeakyReLU(), nn.Linear(256, 256), nn.LeakyReLU(), nn.Linear(256, bins)
        )

    def forward(self, x: Float[Tensor, "b c h w"]) -> tuple[Float[Tensor, "b bins"], Float[Tensor, "b queries h w"]]:
        """The layer's output."""
        patches = self.embed(enlarged(x, patch=self.patch, count=self.queries + 1))
        grid_hw = patches.shape[-2], patches.shape[-1]
        tokens = patches.flatten(2).transpose(1, 2)  # (b n c)
        tokens = tokens + resampled(self.positions, tokens.shape[1])
        for block in self.blocks:
            tokens = block(tokens, grid_hw)
        widths = F.relu(self.regressor(tokens[:, 0]).float()) + SMALLEST_WIDTH
        kernels = tokens[:, 1 : self.queries + 1]  # (b queries c)
        maps = torch.matmul(kernels, self.conv(x).flatten(2)).unflatten(2, x.shape[-2:])
        return widths / widths.sum(dim=1, keepdim=True), maps


def resampled(positions: Float[Tensor, "m c"], count: int) -> Float[Tensor, "n c"]:
    """The first ``count`` positions; where they do not suffice, all of them, stretched over the sequence."""
    if count <= positions.shape[0]:
        return positions[:count]
    return F.interpolate(positions.t()[None], size=count, mode="linear", align_corners=True)[0].t()


def enlarged(x: Float[Tensor, "b c _ _"], *, patch: int, count: int) -> Float[Tensor, "b c _ _"]:
    """``x``, enlarged by an integer factor where it holds fewer than ``count`` patches."""
    patches = (x.shape[-2] // patch) * (x.shape[-1] // patch)
    if patches >= count:
        return x
    factor = math.ceil(math.sqrt(count / patches))
    return F.interpolate(x, scale_factor=float(factor), mode="bilinear", align_corners=False)
