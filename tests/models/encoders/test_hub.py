"""The hub without a network."""

import logging
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import constants

from hondo.core.errors import HondoError
from hondo.models.encoders import hub
from hondo.models.encoders.build import build_encoder


@pytest.fixture
def without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*address: object) -> None:
        raise socket.gaierror("name not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(hub, "getproxies", dict)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


@pytest.mark.usefixtures("without_network")
def test_pretrained_weights_are_refused_in_one_line_and_no_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with caplog.at_level(logging.WARNING), pytest.raises(HondoError, match="'resnet18' could not be fetched") as error:
        build_encoder("timm:resnet18", pretrained=True)
    assert len(str(error.value).splitlines()) == 1 and not caplog.records
    assert constants.HF_HUB_OFFLINE is False


@pytest.mark.usefixtures("without_network")
@pytest.mark.parametrize(
    ("proxies", "is_offline"), [(dict, True), (lambda: {"https": "proxy.example"}, False)], ids=["none", "proxy"]
)
def test_a_proxy_may_know_more_names(
    monkeypatch: pytest.MonkeyPatch, proxies: Callable[[], dict[str, str]], is_offline: bool
) -> None:
    monkeypatch.setattr(hub, "getproxies", proxies)
    with hub.cache_alone_if_unreachable():
        assert constants.HF_HUB_OFFLINE is is_offline


def test_with_a_network_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *address: [])
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with hub.cache_alone_if_unreachable():
        assert constants.HF_HUB_OFFLINE is False
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with hub.cache_alone_if_unreachable():
        assert constants.HF_HUB_OFFLINE is True
