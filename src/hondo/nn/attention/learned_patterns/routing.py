"""Routing attention: tokens attend to those of their own cluster of an online k-means.

Roy et al. 2021 (Routing Transformer), section 4: each of ``clusters`` centroids takes the n / clusters queries and keys
nearest to it. Costs n^2 / clusters. A token that several centroids took gets the mean of its results, one that none
took keeps its value. Pays off with distinct regions; the centroids follow the data in training.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.attention.projected import Leading, OfGrid, ProjectedAttention, attend_in_groups, beside, with_leading
from hondo.nn.tokens import head_dim_of


def routing_attention(*, dim: int, num_heads: int, clusters: int = 4, decay: float = 0.999) -> ProjectedAttention:
    """One cluster is softmax attention. Leading tokens are in every cluster."""
    if clusters < 1:
        raise HondoError(f"routing attention needs at least 1 cluster, got clusters={clusters}")
    mix = RoutedMix(num_heads=num_heads, head_dim=head_dim_of(dim, num_heads), clusters=clusters, decay=decay)
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=mix)


class RoutedMix(nn.Module):
    """Centroids of unit length, for every head its own; no gradient reaches them."""

    def __init__(self, *, num_heads: int, head_dim: int, clusters: int, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.centroids: Tensor
        self.register_buffer("centroids", F.normalize(torch.randn(num_heads, clusters, head_dim), dim=-1))

    def forward(
        self,
        q: Float[Tensor, "b heads n d"],
        k: Float[Tensor, "b heads n d"],
        v: Float[Tensor, "b heads n d"],
        grid_hw: Size,
    ) -> Float[Tensor, "b heads n d"]:
        """The values mixed within clusters; in training the centroids move towards their tokens."""
        mixed = with_leading(q, k, v, grid_hw, self._of_grid)
        if self.training:
            self._move(q, k)
        return mixed

    def _of_grid(self, q: OfGrid, k: OfGrid, v: OfGrid, leading_k: Leading, leading_v: Leading) -> OfGrid:
        clusters, channels = self.centroids.shape[1], q.shape[-1]
        size = -(-q.shape[2] // clusters)
        chosen_q, chosen_k = self._nearest(q, size), self._nearest(k, size)  # (b heads clusters size)

        def take(x: Tensor, chosen: Tensor) -> Tensor:
            index = chosen.flatten(2).unsqueeze(-1).expand(-1, -1, -1, channels)
            return x.gather(2, index).unflatten(2, (clusters, size))

        keys = beside(leading_k, take(k, chosen_k))
        values = beside(leading_v, take(v, chosen_k))
        mixed = attend_in_groups(take(q, chosen_q), keys, values).flatten(2, 3)
        where = chosen_q.flatten(2)
        times = torch.zeros_like(q[..., 0]).scatter_add(2, where, torch.ones_like(mixed[..., 0]))
        summed = torch.zeros_like(v).scatter_add(2, where.unsqueeze(-1).expand_as(mixed), mixed)
        return torch.where(times.unsqueeze(-1) > 0, summed / times.clamp(min=1).unsqueeze(-1), v)

    def _nearest(self, x: Float[Tensor, "b heads n d"], size: int) -> Tensor:
        """The tokens that each centroid takes, in the order of the grid."""
        likeness = self.centroids @ F.normalize(x.detach(), dim=-1).transpose(2, 3)  # (b heads clusters n)
        return likeness.topk(size, dim=-1).indices.sort(dim=-1).values

    @torch.no_grad()
    def _move(self, q: Float[Tensor, "b heads n d"], k: Float[Tensor, "b heads n d"]) -> None:
        """An exponential average of the tokens that are nearest to each centroid (equation 8)."""
        unit = F.normalize(torch.cat([q, k], dim=2), dim=-1).transpose(0, 1).flatten(1, 2)  # (heads b*2n d)
        nearest = F.one_hot((unit @ self.centroids.transpose(1, 2)).argmax(-1), self.centroids.shape[1]).to(unit.dtype)
        mean = nearest.transpose(1, 2) @ unit / nearest.sum(dim=1).clamp(min=1).unsqueeze(-1)
        has_tokens = nearest.sum(dim=1).unsqueeze(-1) > 0
        moved = torch.where(has_tokens, self.decay * self.centroids + (1 - self.decay) * mean, self.centroids)
        self.centroids.copy_(F.normalize(moved, dim=-1))
