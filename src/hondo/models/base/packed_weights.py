"""Weights that take few bits in a file: sparse ones (their positions and values) and clustered ones (indices of 1 to 8
bits and centroids). What is read back is bit for bit what was written.

A packed tensor ``key`` is stored as tensors ``key:form`` (int64: bits, groups, then the shape) and either
``key:mask`` (uint8, one bit a weight) with ``key:values``, or ``key:index`` (uint8) with ``key:centroids``.
"""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Int64, Shaped, UInt8
from torch import Tensor

from hondo.core.errors import HondoError

FORM, MASK, VALUES, INDEX, CENTROIDS = ":form", ":mask", ":values", ":index", ":centroids"
SPARSE, PER_LAYER, PER_CHANNEL = "sparse", "layer", "channel"
TOLERANCE = 1e-4  # of a layer's largest weight, within which weights count as shared
Tensors = Mapping[str, Shaped[Tensor, "..."]]


def clustered(count: int, *, per_channel: bool = False) -> str:
    """The text in ``DepthModel.packing`` for a tensor of ``count`` shared values, in all or in each output channel."""
    return f"{PER_CHANNEL if per_channel else PER_LAYER}:{count}"


def packed(tensors: Tensors, packing: Mapping[str, str]) -> dict[str, Shaped[Tensor, "..."]]:
    """The tensors with those that ``packing`` names in their packed form."""
    stored: dict[str, Tensor] = {}
    for key, tensor in tensors.items():
        if key not in packing:
            stored[key] = tensor
        elif packing[key] == SPARSE:
            stored |= {f"{key}{part}": each for part, each in pack_sparse(tensor).items()}
        else:
            scope, _, count = packing[key].partition(":")
            groups = tensor.shape[0] if scope == PER_CHANNEL else 1
            try:
                parts = pack_clustered(tensor, count=int(count), groups=groups)
            except HondoError as error:
                raise HondoError(f"weight {key}: {error}") from None
            stored |= {f"{key}{part}": each for part, each in parts.items()}
    return stored


def opened(tensors: Tensors, *, source: str) -> dict[str, Shaped[Tensor, "..."]]:
    """The inverse of ``packed``; tensors that are not packed pass."""
    plain = {}
    for key, tensor in tensors.items():
        base, _, part = key.rpartition(":")
        if f":{part}" == FORM:
            try:
                plain[base] = _open(base, tensor, tensors)
            except (KeyError, IndexError, RuntimeError, ValueError) as error:
                raise HondoError(
                    f"{source}: the packed weight {base} is damaged ({error}); copy the file again"
                ) from error
        elif not (base and f":{part}" in (MASK, VALUES, INDEX, CENTROIDS)):
            plain[key] = tensor
    return plain


def pack_sparse(tensor: Float[Tensor, "*shape"]) -> dict[str, Shaped[Tensor, "..."]]:
    """One bit a weight, and the weights that are not zero."""
    flat = tensor.detach().cpu().flatten()
    kept = flat != 0
    mask = torch.from_numpy(np.packbits(kept.numpy()))
    return {FORM: _form(0, 1, tensor), MASK: mask, VALUES: flat[kept].clone()}


def pack_clustered(tensor: Float[Tensor, "*shape"], *, count: int, groups: int) -> dict[str, Shaped[Tensor, "..."]]:
    """Indices of 1, 2, 4 or 8 bits into ``count`` centroids of each of the ``groups`` of rows."""
    bits = bits_for(count)
    index, centroids = shared_values(tensor.detach().cpu().reshape(groups, -1), count=count)
    return {
        FORM: _form(bits, groups, tensor),
        INDEX: pack_bits(index.flatten().byte(), bits),
        CENTROIDS: centroids.flatten(),
    }


def shared_values(rows: Float[Tensor, "g n"], *, count: int) -> tuple[Int64[Tensor, "g n"], Float[Tensor, "g k"]]:
    """The index and the at most ``count`` values of each row. Values that rounding has parted are one again."""
    indices, centroids = [], []
    for row in rows:
        values, index = row.unique(return_inverse=True)
        if len(values) > count:
            gaps = values.diff()
            starts = gaps.topk(count - 1).indices.sort().values + 1
            group = torch.zeros(len(values), dtype=torch.int64)
            group[starts] = 1
            group = group.cumsum(0)
            sums = torch.zeros(count).index_add_(0, group, values)
            merged = sums / torch.bincount(group, minlength=count).clamp(min=1)
            if bool((merged[group] - values).abs().max() > TOLERANCE * row.abs().max()):
                raise HondoError(f"holds {len(values)} values in place of {count} shared ones; cluster it again")
            values, index = merged, group[index]
        indices.append(index)
        centroids.append(torch.nn.functional.pad(values, (0, count - len(values))))
    return torch.stack(indices), torch.stack(centroids)


def bits_for(count: int) -> int:
    """The bits of an index into ``count`` centroids."""
    if not 2 <= count <= 256:
        raise HondoError(f"2 to 256 centroids have indices of at most 8 bits, got {count}")
    return next(bits for bits in (1, 2, 4, 8) if count <= 2**bits)


def pack_bits(index: UInt8[Tensor, " n"], bits: int) -> UInt8[Tensor, " m"]:
    """``index`` with 8 / ``bits`` numbers in each byte, the first in its lowest bits."""
    per_byte = 8 // bits
    padded = torch.nn.functional.pad(index, (0, -len(index) % per_byte)).view(-1, per_byte)
    return (padded << (bits * torch.arange(per_byte, dtype=torch.uint8))).sum(dim=1, dtype=torch.uint8)


def unpack_bits(stored: UInt8[Tensor, " m"], bits: int, *, count: int) -> UInt8[Tensor, " n"]:
    """The inverse of ``pack_bits`` for ``count`` numbers."""
    shifts = bits * torch.arange(8 // bits, dtype=torch.uint8)
    return ((stored[:, None] >> shifts) & (2**bits - 1)).flatten()[:count]


def stored_bytes(tensors: Tensors, packing: Mapping[str, str]) -> int:
    """Bytes of the tensors in a file."""
    return sum(each.numel() * each.element_size() for each in packed(tensors, packing).values())


def _form(bits: int, groups: int, tensor: Shaped[Tensor, "*shape"]) -> Int64[Tensor, " n"]:
    return torch.tensor([bits, groups, *tensor.shape], dtype=torch.int64)


def _open(key: str, form: Int64[Tensor, " n"], tensors: Tensors) -> Float[Tensor, "..."]:
    bits, groups, *shape = form.tolist()
    count = torch.Size(shape).numel()
    if bits == 0:
        kept = torch.from_numpy(np.unpackbits(tensors[key + MASK].numpy())[:count].astype(bool))
        values = tensors[key + VALUES]
        return torch.zeros(count, dtype=values.dtype).masked_scatter_(kept, values).view(shape)
    index = unpack_bits(tensors[key + INDEX], bits, count=count).long()
    centroids = tensors[key + CENTROIDS].view(groups, -1)
    return centroids.gather(1, index.view(groups, -1)).view(shape)
