"""Rows of several machines in one report: beside each other, and only a machine's own are replaced."""

import importlib.util
from pathlib import Path

import pytest

from hondo.core.report import Report, Row

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "engines_machines.py"


@pytest.fixture(scope="module")
def machines():
    spec = importlib.util.spec_from_file_location("engines_machines", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(times: dict[str, float], *, hardware: str, notes: tuple[str, ...] = ()) -> Report:
    rows = tuple(Row(name="time", value=value, unit="ms", subject=subject) for subject, value in times.items())
    return Report(title="Engines", rows=rows, hardware=hardware, notes=notes)


def test_rows_of_two_machines_stand_below_each_other(machines, monkeypatch) -> None:
    first = machines.side_by_side(report({"a 8x8 x": 1, "b 8x8 x": 2}, hardware="A, 2 cores"), None, name="A")
    monkeypatch.setattr(machines, "hardware", lambda: "B, 2 cores")
    both = machines.side_by_side(report({"a 8x8 x": 3, "a 8x8 y": 4}, hardware="B, 2 cores"), first, name="B")
    assert [(row.subject, row.value) for row in both.rows] == [
        ("a 8x8 x on A", 1), ("a 8x8 x on B", 3), ("a 8x8 y on B", 4), ("b 8x8 x on A", 2),
    ]  # fmt: skip
    assert both.hardware == "A, 2 cores; B, 2 cores"


def test_a_machine_replaces_its_own_rows_alone(machines, monkeypatch) -> None:
    monkeypatch.setattr(machines, "hardware", lambda: "A")
    first = machines.side_by_side(
        report({"a 8x8 x": 1, "b 8x8 x": 2}, hardware="A", notes=("a 8x8 x: doubt", "b 8x8: quiet")), None, name="A"
    )
    again = machines.side_by_side(report({"a 8x8 x": 5}, hardware="A", notes=("a 8x8: calm",)), first, name="A")
    assert [(row.subject, row.value) for row in again.rows] == [("a 8x8 x on A", 5), ("b 8x8 x on A", 2)]
    assert again.notes == ("A: b 8x8: quiet", "A: a 8x8: calm") and again.hardware == "A"


def test_the_machine_is_named_with_its_fastest_instruction_set(machines, monkeypatch) -> None:
    monkeypatch.setattr(machines, "processor_name", lambda: "Intel(R) Xeon(R) Processor")
    monkeypatch.setattr(machines, "instruction_sets", lambda: ("AVX2", "AVX-512", "VNNI", "AMX bf16"))
    assert machines.machine() == "Intel Xeon with AMX bf16"
    monkeypatch.setattr(machines, "instruction_sets", tuple)
    assert machines.machine() == "Intel Xeon"
