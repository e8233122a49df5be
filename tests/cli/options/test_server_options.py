"""The models of a server, and the packages it needs."""

import importlib.util

import pytest

from hondo.cli.options.server_options import ServerOptions, check_server_packages
from hondo.core.errors import MissingExtraError


def test_the_bundled_model_is_the_default() -> None:
    assert ServerOptions().models == ("hondo-nano",)
    assert ServerOptions(model=("a", "b")).models == ("a", "b")


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvicorn" else object())
    with pytest.raises(MissingExtraError, match=r"uvicorn.*serve|serve.*uvicorn"):
        check_server_packages()
