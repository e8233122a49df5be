"""The service over real sockets: limits on requests, errors of the engine, start-up."""

import threading
import time

import httpx

from hondo.web.http.server import bound, make_server
from hondo.web.inference.served_models import ServedModels
from hondo.web.inference.service import Service
from hondo.web.security.access import Access
from hondo.web.security.limits import Limits
from tests.web.requests import assert_refused


def test_a_full_queue(serving, image, until) -> None:
    held = threading.Event()

    def run(shown):
        if started_up:
            assert held.wait(20)
        return shown[:, :1]

    started_up: list[bool] = []
    started = serving(run, limits=Limits(waiting=2))
    started_up.append(True)
    answers: list[int] = []

    def ask() -> None:
        with started.client() as client:
            answers.append(client.post("/v1/depth", content=image()).status_code)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    until(lambda: started.service.engine.waiting == 2)
    with started.client() as client:
        response = client.post("/v1/depth", content=image())
        assert_refused(response, 429, "wait for the engine")
        assert int(response.headers["Retry-After"]) >= 1
        assert "hondo_queue_refused_total 1" in client.get("/metrics").text
    held.set()
    for thread in threads:
        thread.join(20)
    assert answers == [200] * 3


def test_too_many_requests_at_once(serving, image, until) -> None:
    started = serving(limits=Limits(requests=2, body_seconds=20))
    head = b"POST /v1/depth HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
    with started.connect() as first, started.client() as client:
        first.sendall(head)
        until(lambda: len(started.service.requests) == 1)
        assert_refused(client.post("/v1/depth", content=image()), 429, "at once")
    until(lambda: len(started.service.requests) == 0)
    with started.client() as client:
        assert client.post("/v1/depth", content=image()).status_code == 200


def test_an_engine_s_fault_is_500_and_the_next_image_is_served(serving, image, caplog) -> None:
    faults: list[Exception] = []
    started = serving(lambda shown: raise_first(faults) or shown[:, :1])
    faults.append(RuntimeError("out of memory"))
    with started.client() as client:
        assert_refused(client.post("/v1/depth", content=image()), 500, "RuntimeError")
        assert client.post("/v1/depth", content=image()).status_code == 200
    assert "out of memory" in caplog.text


def test_values_that_are_not_finite_are_422(serving, image) -> None:
    started = serving(lambda shown: shown[:, :1] * float("nan"))
    with started.client() as client:
        assert_refused(client.post("/v1/depth", content=image()), 422, "not finite")


def test_a_model_that_cannot_be_made_ready_is_told(tiny, caplog, until) -> None:
    def run(image):
        raise RuntimeError("no such instruction")

    service = Service(ServedModels(("tiny",), load=lambda name: tiny(run)), access=Access())
    with bound("127.0.0.1", 0) as listening:
        server = make_server(service)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", trust_env=False) as client:
            until(lambda: "RuntimeError" in client.get("/readyz").text)
            assert_refused(client.get("/readyz"), 503, "cannot be loaded")
            assert client.get("/healthz").status_code == 200
        server.should_exit = True
        thread.join(20)
    assert "no such instruction" in caplog.text


def raise_first(faults: list[Exception]) -> None:
    if faults:
        raise faults.pop()
