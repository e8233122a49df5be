"""Reading ahead: the same items in the same order, errors in their place, a reader that stops."""

import threading
import time

import pytest

from hondo.video.ahead import ahead


def test_the_same_items_in_the_same_order() -> None:
    assert list(ahead(iter(range(50)), depth=3)) == list(range(50))


def test_an_error_comes_where_its_item_would_have() -> None:
    def items():
        yield 1
        raise KeyError("two")

    reader = ahead(items())
    assert next(reader) == 1
    with pytest.raises(KeyError, match="two"):
        next(reader)


def test_no_more_than_depth_items_wait_and_closing_stops_the_reader() -> None:
    made = []

    def items():
        for number in range(1000):
            made.append(number)
            yield number

    before = threading.active_count()
    reader = ahead(items(), depth=2)
    assert next(reader) == 0
    time.sleep(0.3)
    assert len(made) <= 4  # one taken, two waiting, one in the reader's hand
    reader.close()
    assert threading.active_count() == before
