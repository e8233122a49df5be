"""ONNX Runtime's providers by name: what is here, what is missing and how to get it."""

import pytest

from hondo.core.errors import HondoError
from hondo.engines.onnx.providers import ACCELERATORS, check_used, providers

onnxruntime = pytest.importorskip("onnxruntime")


@pytest.fixture
def all_there(monkeypatch) -> None:
    names = [one.provider for one in ACCELERATORS.values()]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: names)


def test_the_cpu_is_the_default() -> None:
    assert providers("auto") == providers("cpu") == [("CPUExecutionProvider", {})]


@pytest.mark.parametrize("name", ACCELERATORS)
def test_each_accelerator_comes_before_the_cpu(all_there, name) -> None:
    chosen = providers(name)
    assert chosen[0][0] == ACCELERATORS[name].provider and chosen[-1][0] == "CPUExecutionProvider"


def test_a_second_card_and_tensorrts_fallback(all_there) -> None:
    assert providers("cuda:1")[0] == ("CUDAExecutionProvider", {"device_id": 1})
    assert [name for name, _ in providers("tensorrt")][1] == "CUDAExecutionProvider"


def test_a_missing_provider_names_the_remedy(monkeypatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(HondoError, match="no CUDAExecutionProvider; install onnxruntime-gpu"):
        providers("cuda")


@pytest.mark.parametrize("device", ["abacus", "cuda:x"])
def test_an_unknown_device_names_the_known(device) -> None:
    with pytest.raises(HondoError, match=f"device '{device}' is unknown.*cuda, tensorrt"):
        providers(device)


def test_a_session_that_fell_back_is_refused(all_there) -> None:
    check_used(["CUDAExecutionProvider", "CPUExecutionProvider"], device="cuda")
    with pytest.raises(HondoError, match="did not start"):
        check_used(["CPUExecutionProvider"], device="cuda")
