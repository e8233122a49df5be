"""Mixes: shares at every prefix, nothing lost, small sets repeated, large ones spread."""

from collections import Counter

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.data.loading.mix import Mix


def samples(name: str, count: int) -> list[Sample]:
    return [Sample(image=torch.zeros(3, 1, 1), origin=f"{name}{index}") for index in range(count)]


def origins(mix: Mix) -> list[str]:
    return [sample.origin for sample in mix]


def test_by_default_each_sample_once():
    a, b = samples("a", 7), samples("b", 3)
    mix = Mix([a, b])
    assert len(mix) == 10 and sorted(origins(mix)) == sorted(s.origin for s in a + b)


def test_weights_hold_at_every_prefix():
    mix = Mix([samples("a", 50), samples("b", 4)], weights=[3, 1], length=80)
    names = origins(mix)
    for length in range(1, 81):
        assert abs(sum(name[0] == "b" for name in names[:length]) - length / 4) <= 1
    counts = Counter(names)
    assert {counts[f"b{index}"] for index in range(4)} == {5}


def test_a_large_set_is_spread():
    mix = Mix([samples("a", 100), samples("b", 5)], weights=[1, 1], length=10)
    taken = [int(name[1:]) for name in origins(mix) if name[0] == "a"]
    assert taken == [0, 20, 40, 60, 80]


def test_refusals():
    with pytest.raises(HondoError, match="at least one data set"):
        Mix([samples("a", 1), []])
    with pytest.raises(HondoError, match="positive weights"):
        Mix([samples("a", 1)], weights=[0])
    with pytest.raises(HondoError, match="positive weights"):
        Mix([samples("a", 1)], weights=[1, 2])
    with pytest.raises(HondoError, match="at least one sample"):
        Mix([samples("a", 1)], length=0)
