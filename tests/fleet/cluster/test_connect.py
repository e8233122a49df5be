"""An address that cannot work is refused in a line that says what to do."""

import socket

import pytest

from hondo.core.errors import HondoError
from hondo.fleet.cluster.connect import _explained, check_address


@pytest.mark.parametrize("address", ["cluster", "ray://", "http://x:1", "x:y", "ray://host"])
def test_malformed(address: str) -> None:
    with pytest.raises(HondoError, match="must be local, auto, HOST:PORT") as caught:
        check_address(address)
    assert caught.value.field == "address"


def test_nobody_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]  # bound, and nobody listens
        with pytest.raises(HondoError, match=r"nothing answers there .*hondo fleet up"):
            check_address(f"ray://127.0.0.1:{port}")
        taken.listen()
        check_address(f"127.0.0.1:{port}")
    check_address("local")


@pytest.mark.parametrize(
    ("address", "reason", "remedy"),
    [
        ("ray://h:1", "Version mismatch: The cluster was started with Ray 2.40", "install here the versions"),
        ("h:1", "AuthenticationError: no token", "RAY_AUTH_MODE=token"),
        ("h:1", "This node has no raylet", "from elsewhere use ray://"),
        ("auto", "Could not find any running Ray instance", "address local"),
    ],
)
def test_what_ray_reports_comes_with_a_remedy(address: str, reason: str, remedy: str) -> None:
    error = _explained(address, RuntimeError(reason))
    assert remedy in str(error) and error.field == "address" and "\n" not in str(error)
