"""Models by name: loaded once, with the network sizes of common aspect ratios for requests."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hondo.core.errors import HondoError
from hondo.web.http.refusal import Refusal
from hondo.web.inference.served_models import ServedModels, shown_name


@pytest.mark.parametrize(
    ("model", "name"), [("hondo-nano", "hondo-nano"), ("runs/mine", "mine"), ("folder/other.onnx", "other")]
)
def test_names_are_not_paths(model: str, name: str) -> None:
    assert shown_name(model) == name


@pytest.mark.parametrize("models", [(), ("a", "a"), ("x/a.onnx", "a")])
def test_each_name_occurs_once(tiny, models) -> None:
    with pytest.raises(HondoError, match="each once") as error:
        ServedModels(models, load=lambda name: tiny())
    assert error.value.field == "models"


def test_concurrent_requests_load_a_model_once(tiny) -> None:
    loaded: list[str] = []
    models = ServedModels(("a", "b"), load=lambda name: loaded.append(name) or tiny(name=name))

    async def scenario() -> None:
        with ThreadPoolExecutor(2) as pool:
            first, second = await asyncio.gather(models.get("b", pool=pool), models.get("b", pool=pool))
            assert first is second and loaded == ["b"]
            with pytest.raises(Refusal, match="no model"):
                await models.get("c", pool=pool)

    asyncio.run(scenario())
    assert [model.is_loaded for model in models.listed()] == [False, True]


def test_requests_get_few_network_sizes_and_the_camera_its_own(tiny) -> None:
    models = ServedModels(("a",), load=lambda name: tiny().at_size((320, 320)))
    own = models.load_default()

    async def scenario() -> None:
        with ThreadPoolExecutor(1) as pool:
            shared = await models.get(None, pool=pool)
            assert await models.get(None, pool=pool, any_size=True) is own
            sizes = {shared.network_size((100, 100 + 7 * step)) for step in range(60)}
            assert len(sizes) <= 8 < len({own.network_size((100, 100 + 20 * step)) for step in range(60)})

    asyncio.run(scenario())


def test_what_a_model_that_is_loaded_waits_for_is_listed(tiny) -> None:
    is_free, is_running = threading.Event(), threading.Event()

    def network(image):
        is_running.set()
        assert is_free.wait(20)
        return image[:, :1]

    models = ServedModels(("a", "b"), load=lambda name: tiny(network, name=name))

    async def scenario() -> None:
        with ThreadPoolExecutor(2) as pool:
            loading = asyncio.create_task(models.get("b", pool=pool))
            await asyncio.to_thread(is_running.wait, 20)
            assert models.listed()[1].preparing == "compiling b on numpy for 64x64"
            assert models.listed()[0].preparing == ""
            is_free.set()
            await loading

    asyncio.run(scenario())
    assert models.listed()[1].preparing == "" and models.listed()[1].is_loaded


def test_a_model_that_cannot_be_loaded_is_refused_and_may_be_tried_again(tiny) -> None:
    faults = [HondoError("weights are missing")]

    def load(name):
        if faults:
            raise faults.pop()
        return tiny(name=name)

    models = ServedModels(("a",), load=load)

    async def scenario() -> None:
        with ThreadPoolExecutor(1) as pool:
            with pytest.raises(Refusal, match="a cannot be loaded: weights are missing") as refused:
                await models.get("a", pool=pool)
            assert refused.value.status == 422 and models.listed()[0].preparing == ""
            await models.get("a", pool=pool)

    asyncio.run(scenario())
