"""Places and pixels."""

import asyncio

import pytest

from hondo.web.admission import PixelBudget, Places
from hondo.web.refusal import Refusal


def test_places_are_given_back() -> None:
    places = Places("streams", total=2, per_client=1)
    with places.one("a"), places.one("b"):
        assert len(places) == 2
        with pytest.raises(Refusal, match="too many streams") as refused, places.one("c"):
            pass
        assert refused.value.status == 429 and refused.value.headers["Retry-After"] == "1"
    with pytest.raises(KeyError), places.one("a"):
        raise KeyError
    assert len(places) == 0 and not places._taken


def test_one_client_does_not_get_all() -> None:
    places = Places("streams", total=10, per_client=2)
    with places.one("a"), places.one("a"):
        with pytest.raises(Refusal), places.one("a"):
            pass
        with places.one("b"):
            pass


def test_pixels_wait_for_room() -> None:
    async def scenario() -> list[int]:
        budget, held, most = PixelBudget(100), [0], [0]

        async def picture(pixels: int) -> None:
            async with budget.held(pixels):
                held[0] += pixels
                most[0] = max(most[0], held[0])
                await asyncio.sleep(0)
                held[0] -= pixels

        await asyncio.gather(*(picture(40) for _ in range(20)), picture(500))
        return most

    (most,) = asyncio.run(scenario())
    assert most == 500  # the large one came in, alone


def test_one_that_gives_up_leaves_its_room() -> None:
    async def scenario() -> None:
        budget = PixelBudget(10)
        async with budget.held(10):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01), budget.held(10):
                    pass
        async with asyncio.timeout(1), budget.held(10):
            pass

    asyncio.run(scenario())
