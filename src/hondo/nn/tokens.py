"""Maps as tokens and back, without copies: a map that lies channels last in memory is a list of tokens."""

from jaxtyping import Float
from torch import Tensor

from hondo.core.types import Size


def tokens_from_map(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n c"]:
    """Row by row."""
    return x.permute(0, 2, 3, 1).flatten(1, 2)


def map_from_tokens(tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b c h w"]:
    """Split before it is permuted: else the stride of a batch of one is such that convolutions take it for another
    layout, copy it, and run a depthwise kernel ten times as long."""
    return tokens.unflatten(1, tuple(grid_hw)).permute(0, 3, 1, 2)
