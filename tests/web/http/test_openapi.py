"""The OpenAPI document: every route, what it may refuse with, and examples that are what is really answered."""

import pytest

from hondo.web.http.refusal import REASONS


@pytest.fixture(scope="module")
def document(server) -> dict:
    with server.client() as client:
        return client.get("/openapi.json").raise_for_status().json()


def test_every_route_is_there_with_its_refusals(document) -> None:
    paths = document["paths"]
    assert {"/v1/depth", "/v1/pointcloud", "/v1/models", "/healthz", "/readyz", "/metrics"} <= paths.keys()
    for path in ("/v1/depth", "/v1/pointcloud"):
        responses = paths[path]["post"]["responses"]
        assert {"200", "401", "408", "413", "415", "429", "503"} <= responses.keys()
        assert all(responses[status]["description"] == REASONS[int(status)] for status in responses if status != "200")
        assert {"image/jpeg", "multipart/form-data"} <= paths[path]["post"]["requestBody"]["content"].keys()


def test_examples_have_the_fields_of_answers(document, server, image) -> None:
    def example(path: str, method: str) -> dict:
        return document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["example"]

    with server.client() as client:
        depth = client.post("/v1/depth", params={"format": "json"}, content=image()).json()
        models = client.get("/v1/models").json()
    assert example("/v1/depth", "post").keys() == depth.keys()
    shown = example("/v1/models", "get")
    assert shown.keys() == models.keys() and shown["models"][0].keys() == models["models"][0].keys()
