"""Sparse and clustered weights come back bit for bit, in fewer bytes."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.base.packed_weights import SPARSE, clustered, opened, pack_bits, packed, stored_bytes, unpack_bits


def sparse_weight() -> torch.Tensor:
    torch.manual_seed(0)
    weight = torch.randn(20, 7, 3, 3)
    return weight * (weight.abs() > 1.6)


def shared_weight(count: int, *, groups: int = 1) -> torch.Tensor:
    torch.manual_seed(0)
    centroids = torch.randn(groups, count)
    return centroids.gather(1, torch.randint(count, (groups, 630 * 10 // groups))).view(10, 70, 9)


@pytest.mark.parametrize(
    ("weight", "how", "smaller"),
    [
        (sparse_weight(), SPARSE, 6),
        (shared_weight(2), clustered(2), 25),
        (shared_weight(4), clustered(4), 14),
        (shared_weight(11), clustered(11), 7),
        (shared_weight(200), clustered(200), 3.4),
        (shared_weight(16, groups=10), clustered(16, per_channel=True), 6),
    ],
)
def test_what_is_packed_opens_equal_and_is_smaller(weight: torch.Tensor, how: str, smaller: float) -> None:
    tensors, packing = {"a.weight": weight, "a.bias": torch.ones(3)}, {"a.weight": how}
    again = opened(packed(tensors, packing), source="test")
    assert again.keys() == tensors.keys() and all(torch.equal(again[key], tensors[key]) for key in tensors)
    assert stored_bytes({"a.weight": weight}, packing) < weight.numel() * 4 / smaller


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_bits(bits: int) -> None:
    index = torch.randint(2**bits, (101,), dtype=torch.uint8)
    stored = pack_bits(index, bits)
    assert len(stored) == -(-101 * bits // 8) and torch.equal(unpack_bits(stored, bits, count=101), index)


def test_values_that_rounding_parted_are_one_again() -> None:
    weight = shared_weight(8)
    parted = weight + 1e-7 * torch.randn_like(weight)
    again = opened(packed({"w": parted}, {"w": clustered(8)}), source="test")["w"]
    assert len(again.unique()) == 8 and torch.allclose(again, weight, atol=1e-6)


def test_weights_that_are_no_longer_shared_are_refused() -> None:
    with pytest.raises(HondoError, match="weight w: holds 6300 values in place of 16 shared ones"):
        packed({"w": torch.randn(10, 630)}, {"w": clustered(16)})


def test_damaged_files_are_refused() -> None:
    stored = packed({"w": sparse_weight()}, {"w": SPARSE})
    del stored["w:mask"]
    with pytest.raises(HondoError, match="w is damaged"):
        opened(stored, source="file")
