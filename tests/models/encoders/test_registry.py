"""Encoders are found by name."""

import pytest

from hondo.core.errors import HondoError
from hondo.models.encoders.light import LightEncoder
from hondo.models.encoders.registry import build_encoder
from hondo.models.encoders.timm_features import TimmEncoder


def test_own_names_come_first() -> None:
    assert isinstance(build_encoder("light"), LightEncoder)


@pytest.mark.parametrize("name", ["timm:resnet18", "resnet18", "timm:resnet18.a1_in1k"])
def test_timm_names_work_with_and_without_prefix(name: str) -> None:
    assert isinstance(build_encoder(name), TimmEncoder)


@pytest.mark.parametrize("name", ["timm:resnet181", "lihgt", "timm:light"])
def test_unknown_names_get_the_nearest(name: str) -> None:
    with pytest.raises(HondoError, match=f"unknown encoder '{name}'; did you mean"):
        build_encoder(name)
