"""`import hondo` gives the public names on first use."""

import pytest

import hondo
from hondo.core.types import Camera


def test_names_are_found_lazily() -> None:
    assert hondo.Camera is Camera
    assert hondo.__version__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        hondo.no_such_name  # noqa: B018
