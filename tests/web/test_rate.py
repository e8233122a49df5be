"""Token buckets, with a clock of the test's own."""

import pytest

from hondo.web.rate import Rate, client_name


def test_a_burst_then_the_rate() -> None:
    now = [0.0]
    rate = Rate(per_s=2, burst=3, clock=lambda: now[0])
    assert [rate.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] += 0.5
    assert rate.wait_s("a") == 0 and rate.wait_s("a") > 0
    now[0] += 100
    assert [rate.wait_s("a") > 0 for _ in range(4)] == [False, False, False, True]


def test_clients_do_not_share() -> None:
    rate = Rate(per_s=1, burst=1, clock=lambda: 0.0)
    assert rate.wait_s("a") == 0 and rate.wait_s("a") > 0 and rate.wait_s("b") == 0


def test_a_refusal_costs_nothing() -> None:
    now = [0.0]
    rate = Rate(per_s=1, burst=1, clock=lambda: now[0])
    rate.wait_s("a")
    for _ in range(50):
        rate.wait_s("a")
    now[0] = 1.0
    assert rate.wait_s("a") == 0


def test_memory_is_bounded() -> None:
    rate = Rate(per_s=1, burst=1, clock=lambda: 0.0)
    for number in range(12_000):
        rate.wait_s(str(number))
    assert len(rate._buckets) == 10_000


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("unix", "unix"),
    ],
)
def test_a_client_is_its_address_or_its_network(host: str, name: str) -> None:
    assert client_name(host) == name
