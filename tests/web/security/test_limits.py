"""ConcurrencyLimit and pixels."""

import asyncio

import pytest

from hondo.web.http.refusal import Refusal
from hondo.web.security.limits import AnswerBudget, ConcurrencyLimit, PixelBudget, RateLimit, client_name


def test_places_are_given_back() -> None:
    places = ConcurrencyLimit("streams", total=2, per_client=1)
    with places.hold("a"), places.hold("b"):
        assert len(places) == 2
        with pytest.raises(Refusal, match="too many streams") as refused, places.hold("c"):
            pass
        assert refused.value.status == 429 and refused.value.headers["Retry-After"] == "1"
    with pytest.raises(KeyError), places.hold("a"):
        raise KeyError
    assert len(places) == 0 and not places._running


def test_one_client_does_not_get_all() -> None:
    places = ConcurrencyLimit("streams", total=10, per_client=2)
    with places.hold("a"), places.hold("a"):
        with pytest.raises(Refusal), places.hold("a"):
            pass
        with places.hold("b"):
            pass


def test_pixels_wait_for_room() -> None:
    async def scenario() -> list[int]:
        budget, held, most = PixelBudget(100), [0], [0]

        async def image(pixels: int) -> None:
            async with budget.hold(pixels):
                held[0] += pixels
                most[0] = max(most[0], held[0])
                await asyncio.sleep(0)
                held[0] -= pixels

        await asyncio.gather(*(image(40) for _ in range(20)), image(500))
        return most

    (most,) = asyncio.run(scenario())
    assert most == 500  # the large one came in, alone


def test_one_that_gives_up_leaves_its_room() -> None:
    async def scenario() -> None:
        budget = PixelBudget(10)
        async with budget.hold(10):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01), budget.hold(10):
                    pass
        async with asyncio.timeout(1), budget.hold(10):
            pass

    asyncio.run(scenario())


def test_a_burst_then_the_rate() -> None:
    now = [0.0]
    rate = RateLimit(per_s=2, burst=3, clock=lambda: now[0])
    assert [rate.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] += 0.5
    assert rate.wait_s("a") == 0 and rate.wait_s("a") > 0
    now[0] += 100
    assert [rate.wait_s("a") > 0 for _ in range(4)] == [False, False, False, True]


def test_clients_do_not_share() -> None:
    rate = RateLimit(per_s=1, burst=1, clock=lambda: 0.0)
    assert rate.wait_s("a") == 0 and rate.wait_s("a") > 0 and rate.wait_s("b") == 0


def test_a_refusal_costs_nothing() -> None:
    now = [0.0]
    rate = RateLimit(per_s=1, burst=1, clock=lambda: now[0])
    rate.wait_s("a")
    for _ in range(50):
        rate.wait_s("a")
    now[0] = 1.0
    assert rate.wait_s("a") == 0


def test_memory_is_bounded() -> None:
    rate = RateLimit(per_s=1, burst=1, clock=lambda: 0.0)
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


def test_answers_that_wait_share_a_budget() -> None:
    budget = AnswerBudget(100)
    budget.take(300)  # a large one waits alone
    with pytest.raises(Refusal, match="too many answers wait"):
        budget.take(1)
    budget.give_back(300)
    budget.take(60)
    budget.take(40)
    with pytest.raises(Refusal):
        budget.take(1)
