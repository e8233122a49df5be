"""GET /v1/live, and /v1/live of a server without a camera."""

import pytest
from websockets.exceptions import InvalidStatus

from tests.web.sockets.streams import stream


def test_the_state_of_the_camera(serving, camera) -> None:
    started = serving(camera=camera)
    with started.client() as client:
        state = client.get("/v1/live").json()["camera"]
    assert state["name"] == "folder" and state["stats"]["state"] in ("starting", "running")


def test_a_server_without_a_camera(server) -> None:
    with server.client() as client:
        assert client.get("/v1/live").json() == {"camera": None}
    with pytest.raises(InvalidStatus) as refused, stream(server, "/v1/live"):
        pass
    assert refused.value.response.status_code == 404
    with pytest.raises(InvalidStatus) as refused, stream(server, "/v1/live?ahead=0"):
        pass
    assert refused.value.response.status_code == 400
