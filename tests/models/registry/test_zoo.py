"""The table of models: the families stand in it, and packaged weights are found by name."""

import pytest

from hondo.core.errors import HondoError
from hondo.models.registry.zoo import NOT_EXPORTABLE, PACKAGED_WEIGHTS, ZOO


def test_entries_are_functions_of_families() -> None:
    assert all(build.__module__.startswith("hondo.models.families.") for build in ZOO.values())
    assert set(NOT_EXPORTABLE) <= set(ZOO)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(HondoError, match=r"unknown model 'hondo-nan'; did you mean hondo-nano"):
        ZOO["hondo-nan"]


def test_packaged_weights_are_files_of_named_models() -> None:
    assert PACKAGED_WEIGHTS["hondo-nano"].name == "hondo-nano.safetensors"
    assert PACKAGED_WEIGHTS.keys() <= set(ZOO) and all(path.is_file() for path in PACKAGED_WEIGHTS.values())
    assert PACKAGED_WEIGHTS.get("unet-light") is None
