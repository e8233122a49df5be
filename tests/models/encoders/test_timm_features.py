"""The hub without a network."""

import logging
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants

from hondo.core.errors import HondoError
from hondo.models.base.torchvision_guard import import_timm
from hondo.models.encoders import timm_features as hub
from hondo.models.encoders.registry import build_encoder
from hondo.models.encoders.timm_features import timm_encoder, timm_names
from hondo.models.families.unet import unet


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HONDO_OFFLINE", raising=False)


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


def test_offline_the_cache_alone_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *address: [])
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HONDO_OFFLINE", "1")
    with hub.cache_alone_if_unreachable():
        assert constants.HF_HUB_OFFLINE is True
    assert constants.HF_HUB_OFFLINE is False


def test_the_table_of_timm_is_read() -> None:
    assert "resnet18" in timm_names()


@pytest.mark.parametrize("name", ["swin_tiny_patch4_window7_224", "inception_v3"])
def test_maps_are_turned_and_resized_to_what_is_declared(name: str) -> None:
    with torch.device("meta"):
        encoder = timm_encoder(name).to("meta").eval()
        maps = encoder(torch.rand(1, 3, 96, 160))
    declared = [(1, c, 96 // s, 160 // s) for c, s in zip(encoder.channels, encoder.strides, strict=True)]
    assert [tuple(x.shape) for x in maps] == declared and not encoder.is_fixed


def test_one_stride_has_one_map_and_a_vit_takes_any_size() -> None:
    encoder = timm_encoder("vit_tiny_patch16_224").eval()
    assert encoder.strides == (16,) and encoder.channels == (192,) and not encoder.is_fixed
    assert encoder(torch.rand(1, 3, 32, 80))[0].shape == (1, 192, 2, 5)


def test_a_network_that_takes_one_size_is_built_for_it() -> None:
    with torch.device("meta"):
        model = unet(encoder="timm:hiera_tiny_224", width=0.25, size_hw=(64, 96))
        assert model.input_spec.fixed
        assert model.to("meta")(torch.rand(1, 3, 64, 96))[0].shape == (1, 1, 64, 96)
    with pytest.raises(HondoError, match="does not run at every size"):
        timm_encoder("hiera_tiny_224")


def test_a_network_without_a_pyramid_does_not_fit_the_unet() -> None:
    with torch.device("meta"), pytest.raises(HondoError, match=r"e\.g\. timm:resnet18"):
        unet(encoder="vit_small_patch14_dinov2")


def test_weights_out_of_reach_give_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    create = import_timm().create_model

    def unreachable(name: str, *, pretrained: bool = False, **options: object) -> object:
        if pretrained:
            raise ConnectionError("no route to host")
        return create(name, **options)

    monkeypatch.setattr(import_timm(), "create_model", unreachable)
    with pytest.raises(HondoError, match=r"'resnet18' could not be fetched \(no route to host\); check the network"):
        build_encoder("timm:resnet18", pretrained=True)


def test_a_network_without_feature_maps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, **options: object) -> None:
        raise RuntimeError("features_only not implemented")

    monkeypatch.setattr(import_timm(), "create_model", refuse)
    with pytest.raises(HondoError, match="cannot be built as an encoder"):
        build_encoder("timm:resnet26")
