"""Query parameters that a path does not have."""

import pytest

from tests.web.requests import assert_refused


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("POST", "/v1/depth?formt=json", "unknown query parameter 'formt'; the parameters are format, model"),
        ("POST", "/v1/depth?format=exr", "format: Input should be 'png16', 'npz', 'json' or 'color'"),
        ("POST", "/v1/depth?model=tiny&model=tiny", "'model' is given more than once"),
        ("POST", "/v1/pointcloud?camera_=1", "unknown query parameter 'camera_'"),
        ("GET", "/v1/models?all=1", "this path has none"),
        ("GET", "/v1/clip/0?size=9", "this path has none"),
        ("GET", "/metrics?name=x", "this path has none"),
    ],
)
def test_unknown_names_and_values_are_refused(server, image, method, path, said) -> None:
    with server.client() as client:
        assert_refused(client.request(method, path, content=image() if method == "POST" else None), 400, said)


def test_known_names_are_accepted(server, image) -> None:
    with server.client() as client:
        assert client.post("/v1/depth?format=json&model=tiny", content=image()).status_code == 200
        assert client.get("/?utm=1").status_code == 200, "the page itself takes any"
