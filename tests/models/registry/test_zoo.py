"""The table of models: the families stand in it, and packaged weights are found by name."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.models.registry import zoo
from hondo.models.registry.zoo import NOT_EXPORTABLE, ZOO, packaged_weights


def test_entries_are_functions_of_families() -> None:
    assert all(build.__module__.startswith("hondo.models.families.") for build in ZOO.values())
    assert set(NOT_EXPORTABLE) <= set(ZOO)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(HondoError, match=r"unknown model 'hondo-nan'; did you mean hondo-nano"):
        ZOO["hondo-nan"]


def test_packaged_weights_are_files_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert packaged_weights("hondo-nano") == zoo.PACKAGED / "hondo-nano.safetensors"
    monkeypatch.setattr(zoo, "PACKAGED", tmp_path)
    assert packaged_weights("hondo-nano") is None
