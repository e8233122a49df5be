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
        "cross-covariance": "hondo.nn.attention.cross_covariance:CrossCovarianceAttention",
        "linear": "hondo.nn.attention.linear:LinearAttention",
        "performer": "hondo.nn.attention.performer:PerformerAttention",
        "pooled": "hondo.nn.attention.pooled:PooledAttention",
        "softmax": "hondo.nn.attention.softmax:SoftmaxAttention",
        "spatial-reduction": "hondo.nn.attention.spatial_reduction:SpatialReductionAttention",
        "window": "hondo.nn.attention.window:WindowAttention",
    },
)


def attention(name: str, dim: int = 768, num_heads: int = 12, **options: Any) -> nn.Module:
    """An attention of ``ATTENTION``: ``module(tokens (b n c), grid_hw) -> tokens (b n c)``, c = ``dim``."""
    if dim < 1 or num_heads < 1:
        raise HondoError(f"attention needs dim and num_heads of at least 1, got {dim} and {num_heads}")
    try:
        return ATTENTION[name](dim=dim, num_heads=num_heads, **options)
    except TypeError as error:
        if options:
            raise HondoError(f"attention '{name}' does not take {', '.join(options)} ({error})") from error
        raise
