"""Noise: a machine that slowed, shook or was shared is named; a quiet one is not."""

import sys
import threading
import time

import pytest

from hondo.evaluate.speed import noise
from hondo.evaluate.speed.noise import CoreTime, Noise


@pytest.mark.parametrize(
    ("references", "said"),
    [
        ([1.0] * 20 + [1.5] * 10, "became 50% slower"),
        ([1.5] * 10 + [1.0] * 20, "became 50% faster"),
        ([1.0, 1.0, 1.0, 1.0, 2.0] * 6, "varied by a factor of 2.0"),
    ],
)
def test_noise_is_named(references, said) -> None:
    assert said in " ".join(Noise.of(references).doubts())


def test_quiet_and_too_little_to_tell() -> None:
    assert Noise.of([1.0, 1.02, 1.1] * 10).doubts() == ()
    assert Noise.of([1.0, 9.0]).doubts() == ()


def test_waiting_for_a_core_is_named_where_it_was_long() -> None:
    (doubt,) = Noise.of([1.0] * 20, waited=0.4).doubts()
    assert "threads waited 40% of their time for a core" in doubt
    assert Noise.of([1.0] * 20, waited=0.05).doubts() == ()


def test_the_share_of_waiting(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(noise, "_TASKS", tmp_path)
    for task, text in (("1", "4000000000 1000000000 7"), ("2", "0 0 1"), ("ended", "")):
        (tmp_path / task).mkdir()
        (tmp_path / task / "schedstat").write_text(text)
    began = CoreTime.now()
    assert began == CoreTime(ran_s=4, waited_s=1)
    (tmp_path / "1" / "schedstat").write_text("7000000000 2000000000 9")
    assert began.waited_since() == pytest.approx(0.25)
    monkeypatch.setattr(noise, "_TASKS", tmp_path / "none")
    assert CoreTime.now().waited_since() == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
def test_the_system_tells_of_this_process() -> None:
    """One thread that sleeps neither runs nor waits; this one ran."""
    began = CoreTime.now()
    asleep = threading.Thread(target=time.sleep, args=(0.1,))
    asleep.start()
    asleep.join()
    assert 0 <= began.waited_since() <= 1 and CoreTime.now().ran_s > began.ran_s > 0
