"""ReLU linear attention: relu in place of the exponential. Linear in the number of tokens.

Cai et al. 2023 (EfficientViT), section 3.1, without its convolutions that aggregate tokens over scales. Costs n d^2,
and needs no exponential: it pays off on devices that compute one slowly.
"""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from hondo.core.types import Size
from hondo.nn.attention.kernels.linear import weighted_by_products
from hondo.nn.attention.projected import ProjectedAttention

EPS = 1e-6  # for queries whose features are all zero: their result is zero


def relu_linear_attention(*, dim: int, num_heads: int) -> ProjectedAttention:
    """The grid's size does not matter to it."""
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=mix_by_relu)


def mix_by_relu(
    q: Float[Tensor, "b heads n d"],
    k: Float[Tensor, "b heads n d"],
    v: Float[Tensor, "b heads n d"],
    grid_hw: Size,
) -> Float[Tensor, "b heads n d"]:
    """sum_j (relu(q_i) relu(k_j)) v_j / sum_j (relu(q_i) relu(k_j)), without the n x n matrix; in float32."""
    return weighted_by_products(
        lambda at: F.relu(q[:, :, at].float()), lambda at: F.relu(k[:, :, at].float()), v, eps=EPS
    )
