"""Items made ahead in threads come in order, and an error comes where its item was due."""

from itertools import islice

import pytest

from hondo.data.read_ahead import read_ahead


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
