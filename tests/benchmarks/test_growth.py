"""The growth of a fleet is derived from what was measured, and a finished trial is not run again."""

import pytest

from benchmarks.growth import main


def test_costs_and_what_follows() -> None:
    report = main(["--trials", "30", "--parts", "5", "--images-per-s", "10"])
    values = {(row.subject, row.name): row.value for row in report.rows}
    assert values["no-op trials that ran", "value"] >= 30
    line_kb = values["trials.jsonl, a trial [kB]", "value"]
    assert 0.5 < line_kb < 10 and values["100,000 trials", "trials.jsonl [MB]"] == pytest.approx(100 * line_kb)
    assert values["workers for ten days", "a billion images"] == pytest.approx(1e9 / 10 / 864_000)
