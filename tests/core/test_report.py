"""Reports survive JSON and render to Markdown."""

import pytest

from hondo.core import report
from hondo.core.report import Report, Row, markdown_table
from hondo.version import __version__

ROWS = (
    Row(name="abs_rel", value=0.12345, better="lower", subject="nano"),
    Row(name="latency", value=12.5, unit="ms", better="lower", subject="nano"),
    Row(name="abs_rel", value=0.3, better="lower", subject="constant"),
)
REPORT = Report(title="Clip", rows=ROWS, protocol="dense", recipe_hash="ab12", seed=3, notes=("median-aligned",))


def test_round_trip() -> None:
    assert Report.from_json(REPORT.to_json()) == REPORT


def test_origin_is_filled_in() -> None:
    assert "cores" in REPORT.hardware
    assert REPORT.commit


def test_table_has_subjects_down_and_names_across() -> None:
    assert markdown_table(ROWS).splitlines() == [
        "|  | abs_rel ↓ | latency [ms] ↓ |",
        "|---|---|---|",
        "| nano | 0.123 | 12.500 |",
        "| constant | 0.300 |  |",
    ]


def test_intervals_stand_below_their_numbers() -> None:
    rows = (Row(name="abs_rel", value=0.12, low=0.1, high=0.1449, subject="nano"), ROWS[1], ROWS[2])
    assert markdown_table(rows).splitlines()[2:4] == [
        "| nano | 0.120 | 12.500 |",
        "| 95 % interval | 0.100 to 0.145 |  |",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (0.00123, "0.0012"),
        (-0.5, "-0.500"),
        (99.9, "99.900"),
        (1234567.0, "1234567"),
        (float("nan"), "nan"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert markdown_table([Row(name="x", value=value)]).splitlines()[-1] == f"|  | {text} |"


def test_markdown_says_where_the_numbers_come_from() -> None:
    text = REPORT.to_markdown()
    assert text.startswith("## Clip\n\n| ")
    for origin in (
        "- protocol dense",
        f"- {REPORT.hardware}",
        f"- commit {REPORT.commit}",
        "- seed 3",
        "- median-aligned",
    ):
        assert origin in text.splitlines()


def test_commit_outside_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report.shutil, "which", lambda name: None)
    assert report.commit() == f"version {__version__}"
