"""AdaBins' mini-ViT (Bhat et al. 2021, section 3.3): bin widths of an image and the queries for its pixels."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.nn.blocks.transformer_block import PostNormBlock
from hondo.nn.symbolic import is_symbolic

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
        kernels = first_tokens(tokens, self.queries + 1)[:, 1:]  # (b queries c)
        maps = torch.matmul(kernels, self.conv(x).flatten(2)).unflatten(2, x.shape[-2:])
        return widths / widths.sum(dim=1, keepdim=True), maps


def resampled(positions: Float[Tensor, "m c"], count: int) -> Float[Tensor, "n c"]:
    """The first ``count`` positions; where they do not suffice, all of them, stretched over the sequence."""
    if is_symbolic(count):
        return resampled_in_graph(positions, count)
    if count <= positions.shape[0]:
        return positions[:count]
    return F.interpolate(positions.t()[None], size=count, mode="linear", align_corners=True)[0].t()


def resampled_in_graph(positions: Float[Tensor, "m c"], count: int) -> Float[Tensor, "n c"]:
    """``resampled`` as a matrix that is computed from the count."""
    known = positions.shape[0]
    place = torch.arange(count, device=positions.device, dtype=torch.float32)
    place = place * ((known - 1) / place[-1:].clamp(min=known - 1))
    matrix = (1 - (place[:, None] - torch.arange(known, device=place.device)).abs()).relu()  # (n m)
    return (matrix @ positions.float()).to(positions.dtype)


def first_tokens(tokens: Float[Tensor, "b n c"], count: int) -> Float[Tensor, "b m c"]:
    """The first ``count``, of which there are enough (``enlarged`` sees to it; a trace cannot know)."""
    if is_symbolic(tokens.shape[1]):
        return tokens.index_select(1, torch.arange(count, device=tokens.device))
    return tokens[:, :count]


def enlarged(x: Float[Tensor, "b c _ _"], *, patch: int, count: int) -> Float[Tensor, "b c _ _"]:
    """``x``, enlarged by an integer factor where it holds fewer than ``count`` patches."""
    height, width = x.shape[-2:]
    patches = (height // patch) * (width // patch)
    if is_symbolic(patches):
        by = factor_in_graph(patches, count=count)
        return F.interpolate(x, (by * height, by * width), mode="bilinear", align_corners=False)
    if patches >= count:
        return x
    factor = math.ceil(math.sqrt(count / patches))
    return F.interpolate(x, scale_factor=float(factor), mode="bilinear", align_corners=False)


def factor_in_graph(patches: int, *, count: int) -> int:
    """The smallest factor by which a map must grow to hold ``count`` patches, in integer arithmetic without branches.

    One, and one more for each factor k that does not suffice: patches k^2 < count.
    """
    most = math.ceil(math.sqrt(count))
    missing = ((count - 1) // (patches * k * k) for k in range(1, most))  # 0 where k suffices
    return 1 + sum((each + count - 1) // count for each in missing)
