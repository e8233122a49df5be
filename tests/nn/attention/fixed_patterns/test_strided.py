"""Rows for one half of the heads, columns for the other."""

from tests.nn.attention.seen import changed_by


def test_a_token_is_seen_along_its_row_and_column() -> None:
    assert changed_by("strided", 4, grid_hw=(3, 3)) == [1, 3, 4, 5, 7]


def test_a_single_head_goes_along_rows() -> None:
    assert changed_by("strided", 4, grid_hw=(3, 3), num_heads=1) == [3, 4, 5]


def test_leading_tokens_are_in_every_row() -> None:
    assert changed_by("strided", 0, grid_hw=(2, 2), leading=1, num_heads=1) == list(range(5))
