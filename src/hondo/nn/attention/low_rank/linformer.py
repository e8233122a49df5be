"""Linformer: keys and values are projected from n tokens to ``rank`` of them by a learned matrix. Linear in n.

Wang et al. 2020, equation 7. The matrix is stored for ``length`` tokens and resampled for other numbers, as a depth
network meets many. Costs n rank. Pays off where one may train; it starts as averages over segments of the raster order.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.attention.low_rank.segments import averages
from hondo.nn.attention.projected import ProjectedAttention, with_fewer_keys


def linformer_attention(*, dim: int, num_heads: int, rank: int = 64, length: int = 480) -> ProjectedAttention:
    """Leading tokens are keys as they are."""
    if rank < 1 or length < rank:
        raise HondoError(f"a rank is at least 1 and at most length, got rank={rank} and length={length}")
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=ProjectedMix(rank=rank, length=length))


class ProjectedMix(nn.Module):
    """One matrix for keys, one for values, shared by all heads."""

    def __init__(self, *, rank: int, length: int) -> None:
        super().__init__()
        start = averages(length, segments=rank, device=torch.device("cpu"))
        self.keys, self.values = (nn.Parameter(start.clone()) for _ in range(2))

    def forward(
        self,
        q: Float[Tensor, "b heads n d"],
        k: Float[Tensor, "b heads n d"],
        v: Float[Tensor, "b heads n d"],
        grid_hw: Size,
    ) -> Float[Tensor, "b heads n d"]:
        """The values mixed over the projected keys."""
        return with_fewer_keys(
            q,
            k,
            v,
            grid_hw,
            fewer_keys=lambda x: resampled(self.keys, x.shape[2]) @ x,
            fewer_values=lambda x: resampled(self.values, x.shape[2]) @ x,
        )


def resampled(matrix: Float[Tensor, "rank length"], count: int) -> Float[Tensor, "rank count"]:
    """The projection for another number of tokens; the sum of every row stays."""
    length = matrix.shape[1]
    if count == length:
        return matrix
    return F.interpolate(matrix[None], size=count, mode="linear", align_corners=False)[0] * (length / count)
