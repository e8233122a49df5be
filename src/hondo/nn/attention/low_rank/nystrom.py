"""Nystrom attention: the attention matrix from its columns and rows at a few landmark tokens. Linear in n.

Xiong et al. 2021 (Nystromformer), equations 13 to 14, without its convolution of the values: softmax(q k_l) times the
inverse of softmax(q_l k_l) times softmax(q_l k), the inverse by six steps of an iteration. Costs n landmarks. Pays off
on large grids whose attention is smooth.
"""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.attention.low_rank.segments import averages
from hondo.nn.attention.projected import ProjectedAttention

STEPS = 6  # of the inverse, as in section 3.4


def nystrom_attention(*, dim: int, num_heads: int, landmarks: int = 64) -> ProjectedAttention:
    """Landmarks average successive tokens. With as many landmarks as tokens it is close to softmax attention."""
    if landmarks < 1:
        raise HondoError(f"Nystrom attention needs at least 1 landmark, got landmarks={landmarks}")
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=partial(mix_by_landmarks, landmarks=landmarks))


def mix_by_landmarks(
    q: Float[Tensor, "b heads n d"],
    k: Float[Tensor, "b heads n d"],
    v: Float[Tensor, "b heads n d"],
    grid_hw: Size,
    *,
    landmarks: int,
    steps: int = STEPS,
) -> Float[Tensor, "b heads n d"]:
    """The values mixed by three small matrices; in float32."""
    pooling = averages(q.shape[2], segments=min(landmarks, q.shape[2]), device=q.device)
    queries, keys = q.float() * q.shape[-1] ** -0.5, k.float()
    landmark_queries, landmark_keys = pooling @ queries, pooling @ keys
    to_landmarks = (queries @ landmark_keys.transpose(-2, -1)).softmax(dim=-1)  # (b heads n m)
    among = (landmark_queries @ landmark_keys.transpose(-2, -1)).softmax(dim=-1)  # (b heads m m)
    from_landmarks = (landmark_queries @ keys.transpose(-2, -1)).softmax(dim=-1)  # (b heads m n)
    return (to_landmarks @ (inverse(among, steps=steps) @ (from_landmarks @ v.float()))).to(v.dtype)


def inverse(matrix: Float[Tensor, "... m m"], *, steps: int = STEPS) -> Float[Tensor, "... m m"]:
    """The pseudo-inverse by an iteration of third order (Razavi et al. 2014, as Xiong et al. use it)."""
    size = matrix.abs().sum(dim=-2).amax(dim=-1) * matrix.abs().sum(dim=-1).amax(dim=-1)
    found = matrix.transpose(-2, -1) / size[..., None, None]
    eye = torch.eye(matrix.shape[-1], device=matrix.device)
    for _ in range(steps):
        product = matrix @ found
        found = found @ (13 * eye - product @ (15 * eye - product @ (7 * eye - product))) / 4
    return found
