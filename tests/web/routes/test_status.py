"""Health checks, metrics and the list of models over HTTP."""


def test_a_running_service_is_alive_and_ready(server) -> None:
    with server.client() as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ready"}
        assert client.get("/metrics").text.startswith("# HELP hondo_requests_total")


def test_a_service_that_stops_is_not_ready(serving) -> None:
    started = serving()
    started.service.is_ready = False
    with started.client() as client:
        response = client.get("/readyz")
    assert response.status_code == 503 and response.headers["Retry-After"] == "1"


def test_models_are_listed_by_name(server) -> None:
    with server.client() as client:
        listed = client.get("/v1/models").json()
    assert listed["default"] == "tiny" and [model["name"] for model in listed["models"]] == ["tiny"]
