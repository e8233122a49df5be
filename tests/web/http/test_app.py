"""Errors of the framework, of the engine and of models, as JSON over real sockets."""

from tests.web.requests import assert_refused


def test_unknown_paths_and_methods(server) -> None:
    with server.client() as client:
        assert_refused(client.get("/nothing"), 404, "no such path")
        assert_refused(client.get("/v1/depth"), 405, "method")
        assert_refused(client.get("/static/../../pyproject.toml"), 404, "no such path")
        assert_refused(client.get("/static/%2e%2e/%2e%2e/server.py"), 404, "no such path")
        assert_refused(client.get("/v1/clip/999999"), 404, "numbered from 0")
        assert_refused(client.get("/v1/clip/..%2f..%2fx"), 404, "no such path")
        assert_refused(client.get("/v1/clip/x"), 400, "number")
