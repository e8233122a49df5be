"""Options of a variant: which values fit which annotation."""

from collections.abc import Sequence
from typing import Any, Literal

import pytest

from hondo.models.registry.build_model import check_options, fits, named


def test_an_int_will_do_for_a_float() -> None:
    assert check_options("unet", {"width": 1})["width"] == 1


@pytest.mark.parametrize(
    ("annotation", "fitting", "others"),
    [
        (int, [0, -3], [1.0, True, "1", None]),
        (float, [1, 0.5], [True, "0.5", None]),
        (bool, [True], [1, "true"]),
        (str, ["a"], [1, None]),
        (int | None, [1, None], ["one", 0.5]),
        (tuple[int, ...] | None, [(0, 1), [2], (), None], [3, ("a", "b"), (0.5,), "01"]),
        (tuple[int, int], [(1, 2)], [(1,), (1, 2, 3), (1, "2")]),
        (tuple, [(1, "a"), []], [1, "a"]),
        (Sequence[int], [(1, 2), [3]], ["12", (1, "a")]),
        (Literal["a", "b"], ["a"], ["c", 1]),
        (Any, [1, "a", None, object()], []),
    ],
    ids=lambda value: None if isinstance(value, list) else str(value),  # workers must agree: no addresses
)
def test_what_fits(annotation: Any, fitting: list[Any], others: list[Any]) -> None:
    assert all(fits(value, annotation) for value in fitting)
    assert not any(fits(value, annotation) for value in others)


def test_types_are_named_without_none() -> None:
    assert [named(each) for each in (int, tuple[int, ...] | None, Sequence[int])] == [
        "int", "tuple[int, ...]", "Sequence[int]",
    ]  # fmt: skip
