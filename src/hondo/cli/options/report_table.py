"""A report on the terminal: measures down, subjects across, as many beside each other as fit; Markdown in a pipe."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hondo.cli.options.flags import text_with_flags
from hondo.cli.options.waiting_line import done_waiting
from hondo.core.report import Report, Row, cell_text, head_text

if TYPE_CHECKING:
    from rich.table import Table


def print_report(report: Report, *, command: str) -> None:
    """Prints a report with the flags of ``command``, for people or for the next program."""
    done_waiting()
    if not sys.stdout.isatty():
        print(text_with_flags(report.to_markdown(), command=command))
        return
    from rich.console import Console

    console = Console()
    for table in report_tables(report, width=console.width):
        console.print(table)
    for line in report.origin():
        console.print(f"- {text_with_flags(line, command=command)}", markup=False, highlight=False)


def print_table(markdown: str) -> None:
    """Prints a table that is Markdown, drawn on a terminal."""
    done_waiting()
    if not sys.stdout.isatty():
        print(markdown)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(markdown))


def report_tables(report: Report, *, width: int) -> Iterator["Table"]:
    """The rows of a report as tables that fit into ``width`` characters."""
    from rich.table import Table
    from rich.text import Text

    by_key = {(row.subject, row.name): row for row in report.rows}
    heads = {row.name: head_text(row) for row in report.rows}
    left = width - max(map(len, heads.values()), default=0) - 4
    for number, subjects in enumerate(_fitting(list(dict.fromkeys(row.subject for row in report.rows)), by_key, left)):
        table = Table(title=None if number else report.title, title_justify="left", pad_edge=False)
        table.add_column("", no_wrap=True)
        for subject in subjects:
            table.add_column(subject, justify="right", overflow="fold")
        for name, head in heads.items():
            table.add_row(Text(head), *(cell_text(by_key.get((subject, name))) for subject in subjects))
        yield table


def _fitting(subjects: Sequence[str], by_key: dict[tuple[str, str], Row], width: int) -> Iterator[Sequence[str]]:
    """The subjects in groups whose columns stand beside each other; a long name breaks over lines."""
    group: list[str] = []
    used = 0
    for subject in subjects:
        cells = [cell_text(row) for (of, _), row in by_key.items() if of == subject]
        longest = max((len(word) for word in subject.split()), default=0)
        needed = min(max([longest, *map(len, cells)]), width) + 3
        if group and used + needed > width:
            yield group
            group, used = [], 0
        group.append(subject)
        used += needed
    if group:
        yield group
