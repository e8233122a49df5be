"""Hashed attention: tokens attend to those that a random hash puts into the same bucket, and queries are the keys.

Kitaev et al. 2020 (Reformer), section 2: buckets by the largest of random projections and their negatives, tokens
sorted by bucket and cut into chunks that see themselves and the chunk before; ``rounds`` hashes are joined by their
sums of weights (equation 4). Costs n chunk rounds, and a sort: it pays off only above thousands of tokens.
"""

import torch
from jaxtyping import Bool, Float, Int64, Shaped
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.attention.projected import one_head_at_a_time
from hondo.nn.tokens import head_dim_of, join_heads, split_heads

MAX_BUCKETS = 512  # for 32,768 tokens in buckets of 64


class HashedAttention(nn.Module):
    """Queries and values have softmax attention's weights; keys are the queries at unit length, so its keys are unused.

    There is an even number of buckets of about ``bucket_size`` tokens each; so few tokens that they fill one attend to
    all, with shared queries and keys. The hash is drawn once and kept with the weights, so that the same image gives
    the same depth.
    """

    def __init__(self, *, dim: int, num_heads: int, bucket_size: int = 64, rounds: int = 2, seed: int = 0) -> None:
        super().__init__()
        if rounds < 1 or bucket_size < 1:
            raise HondoError(f"hashing takes at least 1 round and bucket_size, got {rounds=} and {bucket_size=}")
        self.bucket_size, self.head_dim = bucket_size, head_dim_of(dim, num_heads)
        self.qv = nn.Linear(dim, 2 * dim)
        self.proj = nn.Linear(dim, dim)
        random = torch.Generator().manual_seed(seed)
        self.directions: Tensor
        self.register_buffer("directions", torch.randn(rounds, self.head_dim, MAX_BUCKETS // 2, generator=random))
        self.register_load_state_dict_pre_hook(_without_keys)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The attended tokens, of the same shape. Leading tokens are hashed like the others."""
        q, v = split_heads(self.qv(tokens), head_dim=self.head_dim, parts=2)
        k = F.normalize(q, dim=-1) * self.head_dim**0.5
        return self.proj(join_heads(one_head_at_a_time(self._mix)(q, k, v, grid_hw)))

    def _mix(
        self,
        q: Float[Tensor, "b heads n d"],
        k: Float[Tensor, "b heads n d"],
        v: Float[Tensor, "b heads n d"],
        grid_hw: Size,
    ) -> Float[Tensor, "b heads n d"]:
        buckets = bucket_count(q.shape[2], bucket_size=self.bucket_size)
        rounds = [self._round(q, k, v, directions[:, : buckets // 2]) for directions in self.directions]
        results, totals = (torch.stack(each) for each in zip(*rounds, strict=True))
        return (results * totals.softmax(dim=0)).sum(dim=0)

    def _round(
        self,
        q: Float[Tensor, "b heads n d"],
        k: Float[Tensor, "b heads n d"],
        v: Float[Tensor, "b heads n d"],
        directions: Float[Tensor, "d half"],
    ) -> tuple[Float[Tensor, "b heads n d"], Float[Tensor, "b heads n 1"]]:
        """The result of one hash, and the logarithm of its sum of weights."""
        length = q.shape[2]
        buckets = max(1, 2 * directions.shape[1])
        bucket = buckets_of(k, directions) if buckets > 1 else torch.zeros_like(q[..., 0], dtype=torch.int64)
        order = (bucket * length + torch.arange(length, device=q.device)).argsort(dim=-1)
        chunk = -(-length // buckets)
        missing = chunk * buckets - length

        def chunks(x: Float[Tensor, "b heads n d"]) -> Float[Tensor, "b heads buckets chunk d"]:  # sorted
            taken = x.gather(2, order.unsqueeze(-1).expand(-1, -1, -1, x.shape[-1]))
            return F.pad(taken, (0, 0, 0, missing)).unflatten(2, (buckets, chunk))

        names = F.pad(bucket.gather(2, order), (0, missing), value=-1).unflatten(2, (buckets, chunk))
        queries, keys, values = chunks(q), with_previous(chunks(k)), with_previous(chunks(v))
        mask = names.unsqueeze(-1) == with_previous(names.unsqueeze(-1)).squeeze(-1).unsqueeze(-2)
        if buckets == 1:  # there is no chunk before
            mask[..., chunk:] = False
        mixed, total = _weighted(queries, keys, values, mask)
        back = order.argsort(dim=-1).unsqueeze(-1)
        mixed, total = (x.flatten(2, 3)[:, :, :length] for x in (mixed, total))
        return mixed.gather(2, back.expand_as(mixed)), total.gather(2, back)


def bucket_count(tokens: int, *, bucket_size: int) -> int:
    """1, or the even number of buckets that comes nearest to ``bucket_size`` tokens in each, at most MAX_BUCKETS."""
    return 1 if tokens <= bucket_size else min(MAX_BUCKETS, 2 * max(1, round(tokens / bucket_size / 2)))


def buckets_of(x: Float[Tensor, "b heads n d"], directions: Float[Tensor, "d half"]) -> Int64[Tensor, "b heads n"]:
    """The bucket of every token: which of the projections and their negatives is largest."""
    projected = x.detach() @ directions
    return torch.cat([projected, -projected], dim=-1).argmax(dim=-1)


def with_previous(chunks: Shaped[Tensor, "b heads chunks m d"]) -> Shaped[Tensor, "b heads chunks two_m d"]:
    """Every chunk with the one before it; the first with the last."""
    return torch.cat([chunks, chunks.roll(1, dims=2)], dim=3)


def _weighted(
    q: Float[Tensor, "b heads w m d"],
    k: Float[Tensor, "b heads w l d"],
    v: Float[Tensor, "b heads w l d"],
    mask: Bool[Tensor, "b heads w m l"],
) -> tuple[Float[Tensor, "b heads w m d"], Float[Tensor, "b heads w m 1"]]:
    """Softmax attention, and the logarithm of the sums of its weights."""
    logits = (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5).masked_fill(~mask, torch.finfo(q.dtype).min)
    total = logits.logsumexp(dim=-1, keepdim=True)
    return (logits - total).exp() @ v, total


def _without_keys(module: nn.Module, state: dict, prefix: str, *_: object) -> None:
    """Weights of softmax attention: its queries and values."""
    for kind in ("weight", "bias"):
        joint = state.pop(f"{prefix}qkv.{kind}", None)
        if joint is not None:
            queries, _keys, values = joint.chunk(3)
            state[f"{prefix}qv.{kind}"] = torch.cat([queries, values])
