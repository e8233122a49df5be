"""A table of named things imports on first use and helps with names."""

import math

import pytest

from hondo.core.errors import HondoError
from hondo.core.tables import Table

TABLE: Table = Table("function", {"root": "math:sqrt", "module": "math", "plain": len, "lost": "math:no_such"})


def test_entries() -> None:
    assert TABLE["root"] is math.sqrt
    assert TABLE["root"] is math.sqrt  # again, now kept
    assert TABLE["module"] is math
    assert TABLE["plain"] is len


def test_it_is_a_mapping_in_order() -> None:
    assert list(TABLE) == ["root", "module", "plain", "lost"]
    assert len(TABLE) == 4 and "root" in TABLE and "boot" not in TABLE


def test_nothing_is_imported_before_use() -> None:
    table: Table = Table("thing", {"x": "no_such_package_anywhere:thing"})
    assert "x" in table and list(table) == ["x"]
    with pytest.raises(ModuleNotFoundError):
        table["x"]


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(HondoError, match=r"unknown function 'rot'; did you mean root"):
        TABLE["rot"]


def test_a_wrong_attribute_is_our_own_mistake() -> None:
    with pytest.raises(AttributeError):
        TABLE["lost"]
