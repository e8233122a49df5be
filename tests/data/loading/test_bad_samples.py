"""Samples that cannot be read are left out, counted and shown, and end the run when there are too many."""

from itertools import islice

import pytest

from hondo.core.errors import HondoError, HondoWarning
from hondo.data.loading.bad_samples import SHOWN, BadSamples, readable_ones
from tests.data.loading.conftest import tiny_samples


class Broken(list):
    """Samples of which some cannot be read."""

    def __init__(self, samples, *broken):
        super().__init__(samples)
        self.broken = broken

    def __getitem__(self, index):
        if index in self.broken:
            raise HondoError(f"{index}.png is damaged")
        return super().__getitem__(index)


def epoch(source):
    return [origin for batch in islice(iter(source), len(source)) for origin in batch.origins]


@pytest.mark.parametrize("workers", [0, 2])
def test_left_out_counted_and_shown_once(batches, workers):
    source = batches(samples=Broken(tiny_samples(), 3), batch_size=5, max_bad=0.1, workers=workers)
    with pytest.warns(
        HondoWarning, match=r"left out a sample that cannot be read, 1 so far: 3\.png is damaged"
    ) as seen:
        assert sorted(epoch(source)) == [str(number) for number in range(10) if number != 3]
        epoch(source)
    assert source.bad.count == 1 and len(seen) == 1


def test_too_many_end_the_run(batches):
    source = batches(samples=Broken(tiny_samples(), 3, 7), batch_size=5, max_bad=0.1)
    with pytest.warns(HondoWarning), pytest.raises(HondoError, match=r"2 of 10 samples cannot be read, more than"):
        epoch(source)
    with pytest.raises(HondoError, match=r"^\d\.png is damaged$"):  # none is allowed: its own error
        epoch(batches(samples=Broken(tiny_samples(), 3, 7)))


def test_a_batch_of_bad_samples_gets_another_one():
    samples = Broken(tiny_samples(), 0, 1)
    with pytest.warns(HondoWarning):
        found = BadSamples(total=10, allowed=0.5).readable(samples, [0, 1], others=[1, 4, 5])
    assert [sample.origin for sample in found] == ["4"]


def test_only_the_first_few_are_shown():
    bad = BadSamples(total=100, allowed=0.5)
    with pytest.warns(HondoWarning) as seen:
        bad.readable(Broken(tiny_samples(), *range(8)), range(10))
    assert bad.count == 8 and len(seen) == SHOWN and "counted only" in str(seen[-1].message)


def test_a_look_before_the_run():
    samples = Broken(tiny_samples(), 0)
    assert [sample.origin for sample in readable_ones(samples, [0, 2])] == ["2"]
    with pytest.raises(HondoError, match=r"0\.png"):
        readable_ones(samples, [0])
