"""The shared queue: bounded, round robin over clients, batches of what goes together."""

import threading

import pytest

from hondo.web.inference.fair_queue import FairQueue, QueueClosed, QueueFull


def filled(*items: tuple[str, object], limit: int = 100) -> FairQueue:
    queue = FairQueue(limit=limit)
    for client, item in items:
        queue.put(item, client=client)
    return queue


def take(queue: FairQueue, most: int = 1, alike=lambda item: 0) -> list:
    return queue.take(max_size=lambda item: most, key=alike)


def test_clients_take_turns_however_much_one_asks() -> None:
    queue = filled(*[("greedy", f"g{n}") for n in range(5)], ("a", "a0"), ("b", "b0"), ("a", "a1"))
    order = [take(queue)[0] for _ in range(8)]
    assert order == ["g0", "a0", "b0", "g1", "a1", "g2", "g3", "g4"]


def test_no_client_waits_longer_than_one_round() -> None:
    queue = filled(*[(f"c{client}", (client, n)) for n in range(20) for client in range(5)])
    taken = [take(queue)[0][0] for _ in range(100)]
    assert all(sorted(taken[start : start + 5]) == list(range(5)) for start in range(0, 100, 5))


def test_a_batch_is_fair_too_and_of_one_kind() -> None:
    queue = filled(("a", "x1"), ("a", "x2"), ("b", "y1"), ("c", "x3"))
    assert take(queue, most=3, alike=lambda item: item[0]) == ["x1", "x3", "x2"]
    assert take(queue, most=3, alike=lambda item: item[0]) == ["y1"]
    assert len(queue) == 0


def test_a_batch_has_a_largest_size() -> None:
    assert len(take(filled(*[("a", n) for n in range(9)]), most=4)) == 4


def test_full_is_full_for_everybody() -> None:
    queue = filled(("a", 1), ("b", 2), limit=2)
    with pytest.raises(QueueFull):
        queue.put(3, client="c")
    take(queue)
    queue.put(3, client="c")


def test_closing_wakes_the_taker_and_gives_back_what_waits() -> None:
    queue, ended = filled(), threading.Event()

    def wait() -> None:
        with pytest.raises(QueueClosed):
            take(queue)
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert queue.close() == []
    assert ended.wait(5)
    thread.join()
    left = filled(("a", 1), ("b", 2))
    assert left.close() == [1, 2]
    with pytest.raises(QueueClosed):
        left.put(3, client="a")
