"""The attention mechanisms by name, and ``hondo.attention``."""

from collections.abc import Callable
from typing import Any

from torch import nn

from hondo.core.errors import HondoError
from hondo.core.tables import Table

# Each entry: (dim=, num_heads=, **options) -> a module from tokens (b n c) and their grid's size to tokens (b n c).
ATTENTION: Table[Callable[..., nn.Module]] = Table(
    "attention",
    {
        "blockwise": "hondo.nn.attention.fixed_patterns.blockwise:blockwise_attention",
        "cosformer": "hondo.nn.attention.kernels.cosformer:cosformer_attention",
        "cross-covariance": "hondo.nn.attention.cross_covariance:CrossCovarianceAttention",
        "dilated": "hondo.nn.attention.fixed_patterns.dilated:dilated_attention",
        "halo": "hondo.nn.attention.fixed_patterns.halo:halo_attention",
        "linear": "hondo.nn.attention.kernels.linear:LinearAttention",
        "linear-reduction": "hondo.nn.attention.low_rank.linear_reduction:LinearReductionAttention",
        "linformer": "hondo.nn.attention.low_rank.linformer:linformer_attention",
        "lsh": "hondo.nn.attention.learned_patterns.lsh:HashedAttention",
        "memory-compressed": "hondo.nn.attention.fixed_patterns.memory_compressed:memory_compressed_attention",
        "nystrom": "hondo.nn.attention.low_rank.nystrom:nystrom_attention",
        "performer": "hondo.nn.attention.kernels.performer:PerformerAttention",
        "pooled": "hondo.nn.attention.low_rank.pooled:PooledAttention",
        "relu-linear": "hondo.nn.attention.kernels.relu_linear:relu_linear_attention",
        "rest": "hondo.nn.attention.learned_patterns.rest:MixedHeadsAttention",
        "routing": "hondo.nn.attention.learned_patterns.routing:routing_attention",
        "shifted-window": "hondo.nn.attention.fixed_patterns.shifted_window:shifted_window_attention",
        "softmax": "hondo.nn.attention.softmax:SoftmaxAttention",
        "spatial-reduction": "hondo.nn.attention.low_rank.spatial_reduction:SpatialReductionAttention",
        "strided": "hondo.nn.attention.fixed_patterns.strided:strided_attention",
        "token-merging": "hondo.nn.attention.token_reduction.token_merging:merging_attention",
        "window": "hondo.nn.attention.fixed_patterns.window:WindowAttention",
    },
)


def attention(name: str, dim: int = 768, num_heads: int = 12, **options: Any) -> nn.Module:
    """An attention of ``ATTENTION``: ``module(tokens (b n c), grid_hw) -> tokens (b n c)``, c = ``dim``.

    ``num_heads`` must divide ``dim``; ``options`` are those of the mechanism. Tokens that the grid does not hold (a
    class token) come first.

    >>> module = hondo.attention("window", dim=64, num_heads=4, window=4)
    >>> module(torch.zeros(1, 8 * 8, 64), (8, 8)).shape
    torch.Size([1, 64, 64])
    """
    if dim < 1 or num_heads < 1:
        raise HondoError(f"attention needs dim and num_heads of at least 1, got {dim} and {num_heads}")
    try:
        return ATTENTION[name](dim=dim, num_heads=num_heads, **options)
    except TypeError as error:
        if options:
            raise HondoError(f"attention '{name}' does not take {', '.join(options)} ({error})") from error
        raise
