"""Token, origin, host and request rate over real sockets."""

from hondo.web.security.access import Access
from hondo.web.security.limits import Limits
from tests.web.requests import assert_refused

TOKEN = "right-token-right-token"


def test_the_token(serving, image) -> None:
    started = serving(access=Access(token=TOKEN))
    with started.client() as client:
        assert_refused(client.post("/v1/depth", content=image()), 401, "token")
        for wrong in ("Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", "Bearer \xe4".encode("latin-1")):
            assert_refused(client.get("/v1/models", headers={"Authorization": wrong}), 401, "token")
        right = {"Authorization": f"Bearer {TOKEN}"}
        assert client.post("/v1/depth", content=image(), headers=right).status_code == 200
        assert client.get("/metrics").status_code == 401 and client.get("/metrics", headers=right).status_code == 200
        assert all(client.get(path).status_code == 200 for path in ("/", "/healthz", "/readyz", "/static/icon.svg"))
        assert client.get("/v1/models").headers["WWW-Authenticate"] == "Bearer"


def test_a_foreign_origin_and_a_foreign_host(serving, image) -> None:
    started = serving(access=Access(origins=frozenset(["https://robot.example"])))
    with started.client() as client:

        def post(**headers: str):
            return client.post("/v1/depth", content=image(), headers=headers)

        assert_refused(post(Origin="https://evil.example"), 403, "origin")
        assert_refused(post(Origin="null"), 403, "origin")
        assert_refused(post(Host="evil.example"), 403, "127.0.0.1")
        assert post(Origin="https://robot.example").status_code == 200
        assert post(Origin=started.url).status_code == 200
        assert post(Host="localhost").status_code == 200


def test_too_many_requests_of_one_client(serving) -> None:
    started = serving(limits=Limits(rate_per_s=1, burst=3))
    with started.client() as client:
        assert [client.get("/v1/models").status_code for _ in range(3)] == [200] * 3
        response = client.get("/v1/models")
        assert_refused(response, 429, "slow down")
        assert int(response.headers["Retry-After"]) >= 1
        assert client.get("/healthz").status_code == 200
