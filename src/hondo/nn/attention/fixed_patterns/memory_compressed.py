"""Memory-compressed attention: keys and values of ``factor`` successive tokens become one by a strided convolution.

Liu et al. 2018 (Generating Wikipedia), section 4.2.3. Costs n^2 / factor. Pays off where one may train: the convolution
starts as an average over ``factor`` tokens.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.attention.projected import ProjectedAttention, with_fewer_keys


def memory_compressed_attention(*, dim: int, num_heads: int, factor: int = 3) -> ProjectedAttention:
    """A factor of 1 starts as softmax attention. Leading tokens are keys as they are."""
    if factor < 1:
        raise HondoError(f"keys are compressed by a factor of at least 1, got factor={factor}")
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=CompressedMix(dim=dim, factor=factor))


class CompressedMix(nn.Module):
    """One depthwise convolution for keys, one for values, over successive tokens."""

    def __init__(self, *, dim: int, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.keys, self.values = (nn.Conv1d(dim, dim, factor, stride=factor, groups=dim) for _ in range(2))
        for layer in (self.keys, self.values):
            nn.init.constant_(layer.weight, 1 / factor)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(
        self,
        q: Float[Tensor, "b heads n d"],
        k: Float[Tensor, "b heads n d"],
        v: Float[Tensor, "b heads n d"],
        grid_hw: Size,
    ) -> Float[Tensor, "b heads n d"]:
        """The values mixed over the compressed keys."""
        return with_fewer_keys(
            q,
            k,
            v,
            grid_hw,
            fewer_keys=lambda x: self._compressed(x, self.keys),
            fewer_values=lambda x: self._compressed(x, self.values),
        )

    def _compressed(self, x: Float[Tensor, "b heads n d"], layer: nn.Conv1d) -> Float[Tensor, "b heads m d"]:
        """The last group is filled up with the last token."""
        channels = x.transpose(2, 3).flatten(1, 2)  # (b heads*d n)
        channels = F.pad(channels, (0, -x.shape[2] % self.factor), mode="replicate")
        return (
            layer(channels).unflatten(1, (x.shape[1], -1)).transpose(2, 3).contiguous()
        )  # as fused attention wants it
