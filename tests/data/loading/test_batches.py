"""Items made ahead in threads come in order, and an error comes where its item was due."""

import itertools
from itertools import islice

import pytest
import torch

from hondo.data.loading.batches import read_ahead


def take(source, count):
    return list(itertools.islice(iter(source), count))


def same(a, b):
    return a.origins == b.origins and torch.equal(a.augmented, b.augmented)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_the_stream_is_a_function_of_the_seed(batches, workers):
    expected = take(batches(workers=0), 7)
    assert all(map(same, take(batches(workers=workers), 7), expected))
    assert not same(take(batches(seed=6), 1)[0], expected[0])


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("stop", [1, 2, 3, 5])  # an epoch has two batches
def test_resumes_anywhere(batches, workers, stop):
    expected = take(batches(), 8)
    first = batches(workers=workers)
    stream = iter(first)
    for _ in range(stop):
        next(stream)
    state = first.state_dict()  # what was read ahead does not count
    second = batches(workers=workers)
    second.load_state_dict(state)
    assert all(map(same, take(second, 8 - stop), expected[stop:]))


def test_every_sample_once_an_epoch_in_a_new_order(batches):
    source = batches(batch_size=5)
    assert len(source) == 2
    epochs = [[origin for batch in take(source, 2) for origin in batch.origins] for _ in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == [str(n) for n in range(10)]
    assert epochs[0] != epochs[1]


def test_processes_share_the_samples(batches):
    shares = [batches(batch_size=2, rank=rank, world_size=2) for rank in range(2)]
    seen = [origin for share in shares for batch in take(share, 2) for origin in batch.origins]
    assert len(shares[0]) == 2 and len(set(seen)) == 8


def test_fewer_samples_than_a_batch(batches):
    assert len(take(batches(batch_size=64), 1)[0].image) == 10


def test_refuses_other_data(batches):
    with pytest.raises(ValueError, match="batch_size 4, now it is 2"):
        batches(batch_size=2).load_state_dict(batches().state_dict())


def test_errors_of_workers_arrive(batches):
    def broken(samples):
        raise ValueError("broken image")

    with pytest.raises(ValueError, match="broken image"):
        take(batches(collate=broken), 1)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_in_order_from_the_start_given(workers: int) -> None:
    assert list(islice(read_ahead(lambda n: n * n, start=3, workers=workers), 5)) == [9, 16, 25, 36, 49]


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_comes_in_its_turn(workers: int) -> None:
    items = read_ahead(lambda n: 1 // (2 - n), workers=workers)
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(items)


def test_no_more_is_made_than_workers_ahead() -> None:
    made = []
    items = read_ahead(lambda n: made.append(n) or n, workers=2)
    assert next(items) == 0
    items.close()
    assert len(made) <= 4
