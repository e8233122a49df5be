"""cosFormer: relu features, weighted by the cosine of the distance between two tokens. Linear in their number.

Qin et al. 2022, equations 9 to 11: cos(pi/2 (i - j) / m) splits into products of cosines and sines of i and j. Costs
n d^2. Distances are those of the raster order, so tokens of one row count as near.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from hondo.core.types import Size
from hondo.nn.attention.kernels.linear import weighted_by_products
from hondo.nn.attention.kernels.relu_linear import EPS
from hondo.nn.attention.projected import ProjectedAttention


def cosformer_attention(*, dim: int, num_heads: int) -> ProjectedAttention:
    """Leading tokens count as first in the row of all tokens."""
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=mix_by_cosines)


def mix_by_cosines(
    q: Float[Tensor, "b heads n d"],
    k: Float[Tensor, "b heads n d"],
    v: Float[Tensor, "b heads n d"],
    grid_hw: Size,
) -> Float[Tensor, "b heads n d"]:
    """sum_j (relu(q_i) relu(k_j) cos(pi/2 (i - j) / n)) v_j, divided by the sum of the weights; in float32."""
    angles = torch.arange(q.shape[2], device=q.device) * (math.pi / 2 / q.shape[2])
    turned = torch.stack([angles.cos(), angles.sin()], dim=-1)  # (n 2)

    def features(x: Float[Tensor, "b heads n d"], at: slice) -> Float[Tensor, "b heads part two_d"]:
        return (F.relu(x[:, :, at].float()).unsqueeze(-1) * turned[at].unsqueeze(-2)).flatten(-2)

    return weighted_by_products(lambda at: features(q, at), lambda at: features(k, at), v, eps=EPS)
