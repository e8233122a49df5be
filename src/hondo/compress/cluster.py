"""Weight clustering: each layer, or each of its output channels, keeps few different values (k-means in one dimension).

A file holds an index of 1 to 8 bits a weight and the centroids (Han et al. 2016, section 3).
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from hondo.compress.compressor import Compressor, Step
from hondo.compress.kept import Compressed
from hondo.compress.restructured import copy_of, recorded
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.packed_weights import bits_for, clustered, stored_bytes

FORM = "2 to 256 centroids of a layer, e.g. cluster=16, or of each of its output channels: cluster=16:channel"
ROUNDS = 30  # of k-means, which has mostly converged before
LEAST = 512  # weights of a layer: below, centroids take more than indices save


def cluster(model: DepthModel, count: int, *, per_channel: bool = False) -> Compressed:
    """Every weight matrix and kernel with ``count`` values, of the layer or of each output channel; zeros stay zero.

    Tensors where indices and centroids would take more bytes than the weights are left alone; so are vectors (biases,
    normalisations).
    """
    bits_for(count)
    made, lost, total = copy_of(model), 0.0, 0.0
    for key, parameter in made.named_parameters():
        weight = parameter.detach()
        groups = weight.shape[0] if per_channel else 1
        if weight.ndim < 2 or weight.numel() < max(LEAST, 8 * groups * count):
            continue
        shared = with_shared_values(weight.reshape(groups, -1), count=count).view(weight.shape)
        lost, total = lost + float((shared - weight).square().sum()), total + float(weight.square().sum())
        parameter.data.copy_(shared)
        made.packing[key] = clustered(count, per_channel=per_channel)
    before, after = (stored_bytes(each.state_dict(), each.packing) for each in (model, made))
    text = f"{len(made.packing)} layers of {count} values; {lost / max(total, 1e-30):.2%} of the squared weights lost"
    return recorded(made, before=model, notes=(f"{text}; {before / after:.1f} times fewer bytes",))


def with_shared_values(rows: Float[Tensor, "g n"], *, count: int) -> Float[Tensor, "g n"]:
    """Each row with at most ``count`` values, the closest that k-means finds; zeros stay zero."""
    has_zeros = (rows == 0).any(dim=1, keepdim=True)
    ordered = rows.double().sort(dim=1).values.contiguous()
    sums = torch.nn.functional.pad(ordered.cumsum(dim=1), (1, 0))  # of the values before each place
    centroids = starting_centroids(rows, count=count).double()
    for _ in range(ROUNDS):
        before = centroids
        ends = torch.searchsorted(ordered, ((centroids[:, 1:] + centroids[:, :-1]) / 2).contiguous(), right=True)
        ends = torch.nn.functional.pad(torch.nn.functional.pad(ends, (1, 0)), (0, 1), value=rows.shape[1])
        counts = ends.diff(dim=1)
        means = sums.gather(1, ends).diff(dim=1) / counts.clamp(min=1)
        centroids = torch.where(counts > 0, means, centroids)
        nearest_to_zero = centroids.abs().argmin(dim=1, keepdim=True)
        zeroed = torch.where(has_zeros, 0.0, centroids.gather(1, nearest_to_zero))
        centroids = centroids.scatter(1, nearest_to_zero, zeroed).sort(dim=1).values
        if torch.equal(before, centroids):
            break
    centroids = centroids.float()
    return centroids.gather(1, nearest(rows, centroids)).masked_fill(rows == 0, 0.0)


def starting_centroids(rows: Float[Tensor, "g n"], *, count: int) -> Float[Tensor, "g k"]:
    """Evenly spaced from the smallest to the largest: large weights, which matter most, find one near (Han et al.)."""
    low, high = rows.amin(dim=1, keepdim=True), rows.amax(dim=1, keepdim=True)
    return low + (high - low) * torch.linspace(0, 1, count, device=rows.device)


def nearest(rows: Float[Tensor, "g n"], centroids: Float[Tensor, "g k"]) -> Int64[Tensor, "g n"]:
    """The index of the centroid (sorted) nearest to each value."""
    middles = (centroids[:, 1:] + centroids[:, :-1]) / 2
    return torch.searchsorted(middles.contiguous(), rows.contiguous())


def _apply(model: DepthModel, step: Step) -> Compressed:
    if not step.value.isdecimal() or not 2 <= int(step.value) <= 256:
        raise step.wrong(FORM)
    return cluster(model, int(step.value), per_channel="channel" in step.words)


CLUSTER = Compressor(
    summary="few values a layer, or a channel (k-means): indices of 1 to 8 bits in the file",
    example="cluster=16 or cluster=16:channel",
    apply=_apply,
    applies=lambda model: True,
    words=("channel",),
)
