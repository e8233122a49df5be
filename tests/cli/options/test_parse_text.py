"""Texts of options into values."""

import pytest

from hondo.cli.options.model_options import parse_options, parse_pairs, parse_size
from hondo.cli.running.predict import parse_list
from hondo.core.errors import HondoError


def test_options_become_values() -> None:
    texts = ("num_heads=1", "hooks=0,1", "encoder=timm:resnet18", "scale=0.5", "deep=true", "none=None")
    assert parse_options(texts) == {
        "num_heads": 1, "hooks": (0, 1), "encoder": "timm:resnet18", "scale": 0.5, "deep": True, "none": None,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["num_heads", "=1", "two words=1"])
def test_an_option_without_a_key_or_value_is_refused(text) -> None:
    with pytest.raises(HondoError, match="KEY=VALUE"):
        parse_options((text,))


def test_sizes() -> None:
    assert parse_size("192x640") == (192, 640)
    assert parse_size(None) is None


@pytest.mark.parametrize("text", ["192", "192x", "0x640", "192x640x3", "axb", "-1x2"])
def test_a_size_that_is_none_is_refused(text) -> None:
    with pytest.raises(HondoError, match="--size"):
        parse_size(text)


def test_lists() -> None:
    assert parse_list("b, a,b", option="--save", allowed=("a", "b")) == ("b", "a")
    for wrong in ("a,c", ""):
        with pytest.raises(HondoError, match=r"--save.*a, b"):
            parse_list(wrong, option="--save", allowed=("a", "b"))


def test_only_a_models_options_have_flags_of_their_own() -> None:
    with pytest.raises(HondoError, match=r"--option size_hw=\.\.\.: give --size HxW instead"):
        parse_options(("size_hw=32,48",))
    assert parse_pairs(("size_hw=32,48",), option="--data-option") == {"size_hw": (32, 48)}
    with pytest.raises(HondoError, match="--data-option 'size_hw' must be KEY=VALUE"):
        parse_pairs(("size_hw",), option="--data-option")
