"""Softmax attention: softmax(q k' / sqrt(d)) v over all tokens (Vaswani et al. 2017, equation 1), fused."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size


class SoftmaxAttention(nn.Module):
    """Multi-head attention; ``head_dim`` defaults to ``dim / num_heads``. The grid's size does not matter to it."""

    def __init__(self, *, dim: int, num_heads: int, head_dim: int | None = None, qkv_bias: bool = True) -> None:
        super().__init__()
        if head_dim is None and dim % num_heads:
            raise HondoError(f"{num_heads} heads do not divide {dim} channels; choose a divisor, or give head_dim")
        self.num_heads = num_heads
        self.head_dim = head_dim or dim // num_heads
        inner = self.num_heads * self.head_dim
        self.qkv = nn.Linear(dim, 3 * inner, bias=qkv_bias)
        self.proj = nn.Linear(inner, dim)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The attended tokens, of the same shape."""
        q, k, v = self.qkv(tokens).unflatten(-1, (3, self.num_heads, self.head_dim)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)  # (b heads n d)
        return self.proj(mixed.transpose(1, 2).flatten(2))


class SeparateAttention(nn.Module):
    """What ``joint`` computes, with its weights."""

    def __init__(self, joint: SoftmaxAttention) -> None:
        super().__init__()
        self.num_heads, self.head_dim = joint.num_heads, joint.head_dim
        self.q, self.k, self.v = thirds(joint.qkv)
        self.proj = joint.proj

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The attended tokens, of the same shape."""
        heads = (self.num_heads, self.head_dim)
        q, k, v = (linear(tokens).unflatten(-1, heads).transpose(1, 2) for linear in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(q, k, v)  # (b heads n d)
        return self.proj(mixed.transpose(1, 2).flatten(2))


def thirds(joint: nn.Linear) -> list[nn.Linear]:
    """Linear layers that each give a third of the outputs of ``joint``, in order."""
    weights = joint.weight.detach().chunk(3)
    biases = [None] * 3 if joint.bias is None else joint.bias.detach().chunk(3)
    parts = []
    for weight, bias in zip(weights, biases, strict=True):
        part = nn.Linear(joint.in_features, len(weight), bias=bias is not None)
        part.weight = nn.Parameter(weight.clone())
        if bias is not None:
            part.bias = nn.Parameter(bias.clone())
        parts.append(part)
    return parts


def is_separable(attention: SoftmaxAttention) -> bool:
    """Whether SeparateAttention takes its place: not where a compression changed the joint layer."""
    return type(attention.qkv) is nn.Linear
