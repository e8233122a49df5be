"""Maps as tokens and back, without copies: a map that lies channels last in memory is a list of tokens."""

from jaxtyping import Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.types import Size


def tokens_from_map(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n c"]:
    """Row by row."""
    return x.permute(0, 2, 3, 1).flatten(1, 2)


def map_from_tokens(tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b c h w"]:
    """Split before it is permuted: else the stride of a batch of one is such that convolutions take it for another
    layout, copy it, and run a depthwise kernel ten times as long."""
    return tokens.unflatten(1, tuple(grid_hw)).permute(0, 3, 1, 2)


def head_dim_of(dim: int, num_heads: int) -> int:
    """Channels of each head; a number of heads that does not divide the channels is refused."""
    if dim % num_heads:
        raise HondoError(f"{num_heads} heads do not divide {dim} channels; choose a divisor")
    return dim // num_heads


def split_heads(x: Float[Tensor, "b n _"], *, head_dim: int, parts: int) -> list[Float[Tensor, "b heads n d"]]:
    """``parts`` stacked projections (q k v) of one linear layer, each with its heads."""
    return list(x.unflatten(-1, (parts, -1, head_dim)).permute(2, 0, 3, 1, 4).unbind(0))


def join_heads(x: Float[Tensor, "b heads n d"]) -> Float[Tensor, "b n _"]:
    """The heads' channels side by side again."""
    return x.transpose(1, 2).flatten(2)
