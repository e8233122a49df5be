"""Channels split into heads and joined again: what every multi-head attention begins and ends with."""

from jaxtyping import Float
from torch import Tensor

from hondo.core.errors import HondoError


def head_dim_of(dim: int, num_heads: int) -> int:
    if dim % num_heads:
        raise HondoError(f"{num_heads} heads do not divide {dim} channels; choose a divisor")
    return dim // num_heads


def split_heads(x: Float[Tensor, "b n _"], *, head_dim: int, parts: int) -> list[Float[Tensor, "b heads n d"]]:
    """``parts`` stacked projections (q k v) of one linear layer, each with its heads."""
    return list(x.unflatten(-1, (parts, -1, head_dim)).permute(2, 0, 3, 1, 4).unbind(0))


def join_heads(x: Float[Tensor, "b heads n d"]) -> Float[Tensor, "b n _"]:
    return x.transpose(1, 2).flatten(2)
