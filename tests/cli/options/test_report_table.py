"""Reports on a terminal fit its width; in a pipe they are Markdown."""

import io

import pytest
from rich.console import Console

from hondo.cli.options.report_table import print_report, print_table, report_tables
from hondo.core.report import Report, Row

NAMES = ("abs_rel", "FPS, end to end", "peak memory")


def report(count: int) -> Report:
    rows = [
        Row(name=name, value=index + 0.5, unit="ms", better="lower", subject=f"model-{index} openvino fp32 192x640")
        for index in range(count)
        for name in NAMES
    ]
    return Report(
        title="Speed", rows=tuple(rows), notes=("run with precision='fp32'",), hardware="a machine", commit="1"
    )


@pytest.mark.parametrize("count", [1, 3, 12])
def test_tables_fit_into_80_columns_and_hold_every_number(count: int) -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=80)
    for table in report_tables(report(count), width=80):
        console.print(table)
    text = stream.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert all(text.count(f" {index}.500") == len(NAMES) for index in range(count))
    assert "FPS, end to end [ms] ↓" in text


def test_a_pipe_gets_markdown(capsys) -> None:
    print_report(report(2), command="bench")
    assert "| model-0 openvino fp32 192x640 | 0.500 |" in capsys.readouterr().out
    print_table("| a |\n|---|\n| 1 |")
    assert capsys.readouterr().out == "| a |\n|---|\n| 1 |\n"


def test_a_terminal_gets_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("COLUMNS", "80")
    print_report(report(2), command="bench")
    print_table("| a |\n|---|\n| 1 |")
    text = terminal.getvalue()
    assert "|" not in text and "model-1" in text and "- run with --precision fp32" in text
