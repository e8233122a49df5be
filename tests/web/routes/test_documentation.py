"""/docs and its files over HTTP."""

import gzip

from hondo.web.security.access import Access
from tests.web.requests import assert_refused

TOKEN = "right-token-right-token"


def test_the_files_come_as_they_are_stored_or_plain(serving) -> None:
    started = serving(access=Access(token=TOKEN))  # the files hold no secret
    with started.client() as client:
        packed = client.get("/docs/swagger-ui-bundle.js")
        plain = client.get("/docs/swagger-ui-bundle.js", headers={"Accept-Encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip" and packed.headers["content-type"].startswith(
            "text/javascript"
        )
        assert "content-encoding" not in plain.headers and plain.content == packed.content
        assert client.get("/docs/swagger-ui.css").headers["content-type"].startswith("text/css")
        assert_refused(client.get("/docs/other.js"), 404, "no such path")
        assert client.get("/docs").status_code == 200
        assert client.get("/openapi.json").json()["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert len(gzip.compress(plain.content, 9)) < 600_000
