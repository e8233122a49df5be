"""An origin is noted on the function that builds the variant."""

import inspect
from typing import Any

import pytest
from torch import nn

from hondo.core.errors import HondoError
from hondo.models.registry.build_model import build_model, check_options
from hondo.models.registry.variant import Origin, origin_of, variant_of


def test_an_origin_is_found_again() -> None:
    origin = Origin(source="the authors", licence="MIT")

    @origin
    def variant() -> nn.Module:
        return nn.Identity()

    assert origin_of(variant) is origin
    assert isinstance(variant(), nn.Identity)


def test_none_means_not_stated() -> None:
    assert origin_of(nn.Identity) is None


def model(*, width: int = 1, depth: int = 2) -> nn.Module:
    return nn.Linear(width, depth)


@variant_of(model)
def wide(*, width: int = 8, **options: Any) -> nn.Module:
    return model(width=width, **options)


@variant_of(wide)
def deep(*, depth: int = 5, **options: Any) -> nn.Module:
    return wide(depth=depth, **options)


def test_own_numbers_come_before_the_models() -> None:
    defaults = {name: each.default for name, each in inspect.signature(deep).parameters.items()}
    assert defaults == {"width": 8, "depth": 5}
    assert deep().weight.shape == (5, 8) and deep(width=3).weight.shape == (5, 3)


def test_a_misspelt_option_is_refused_with_all_that_there_are() -> None:
    with pytest.raises(HondoError, match=r"no option 'hook'; it has: attention, encoder, .* size_hw, widths"):
        build_model("depth-anything-s-indoor", weights="random", hook=(1, 2))


def test_a_checkpoint_can_store_every_option() -> None:
    assert check_options("depth-anything-l-outdoor", {})["hooks"] == (4, 11, 17, 23)
    assert check_options("depth-anything-l-outdoor", {})["max_depth"] == 80.0
