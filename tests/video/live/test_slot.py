"""The slot of the newest value: replaced values are counted, many readers see the same, nobody waits for a reader."""

import threading
import time

from hondo.video.live.slot import Slot


def test_only_the_newest_is_taken_and_the_rest_counted() -> None:
    slot: Slot[str] = Slot()
    for number, value in enumerate("abc"):
        slot.put(value, number=number)
    assert slot.take(timeout=0) == "c" and slot.missed == 2
    assert slot.take(timeout=0) is None
    slot.put("d", number=3)
    assert slot.take(timeout=0) == "d" and slot.missed == 2


def test_readers_ask_for_what_they_have_not_seen() -> None:
    slot: Slot[str] = Slot()
    assert slot.newest(timeout=0) is None
    slot.put("a", number=0)
    slot.put("f", number=5)
    assert slot.newest() == slot.newest() == slot.newest(after=4) == "f"
    assert slot.newest(after=5, timeout=0.01) is None


def test_all_who_wait_wake_for_one_value() -> None:
    slot: Slot[str] = Slot()
    seen: list[str | None] = []
    readers = [threading.Thread(target=lambda: seen.append(slot.newest(timeout=5))) for _ in range(8)]
    for reader in readers:
        reader.start()
    slot.put("a", number=0)
    for reader in readers:
        reader.join(timeout=5)
    assert seen == ["a"] * 8


def test_close_wakes_at_once_and_keeps_the_last_value() -> None:
    slot: Slot[str] = Slot()
    slot.put("a", number=0)
    closer = threading.Timer(0.05, slot.close)
    closer.start()
    start = time.monotonic()
    assert slot.newest(after=0, timeout=10) is None
    assert time.monotonic() - start < 5 and slot.is_closed
    assert slot.newest() == "a"
    closer.join()
