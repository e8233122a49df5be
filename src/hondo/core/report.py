"""Numbers with their origin: every table in a report, a card or the docs is rendered from these."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from hondo.core.errors import HondoError, reason_of
from hondo.core.processor import hardware
from hondo.core.text_file import load_object

Better = Literal["higher", "lower"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured number: of which subject (a model, a file), its unit, and which way is better."""

    name: str
    value: float
    unit: str = ""
    better: Better | None = None
    subject: str = ""
    low: float | None = None  # ends of its 95 % interval, where there is one
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """Rows, and everything needed to make them again."""

    title: str
    rows: tuple[Row, ...]
    protocol: str = ""
    recipe_hash: str = ""
    seed: int | None = None
    hardware: str = field(default_factory=hardware)
    commit: str = field(default_factory=lambda: commit())
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """A report from the text of ``to_json``."""
        stored = load_object(text, name="the report")
        try:
            rows = tuple(Row(**row) for row in stored.pop("rows"))
            stored["notes"] = tuple(stored.get("notes", ()))
            return cls(rows=rows, **stored)
        except (LookupError, TypeError) as error:
            raise HondoError(f"this is no report of hondo ({reason_of(error)}); make it again") from error

    def to_markdown(self) -> str:
        """A heading, one table (subjects down, names across), and a line of where it came from."""
        origin = "\n".join(f"- {line}" for line in self.origin())
        return f"## {self.title}\n\n{markdown_table(self.rows)}\n\n{origin}\n"

    def origin(self) -> list[str]:
        """Lines that say where the numbers come from."""
        lines = [f"protocol {self.protocol}" if self.protocol else "", self.hardware, f"commit {self.commit}"]
        lines += [f"seed {self.seed}" if self.seed is not None else "", *self.notes]
        return [line for line in lines if line]


def markdown_table(rows: Sequence[Row]) -> str:
    """Subjects down, names across, intervals below their numbers; a missing pair stays empty."""
    subjects = list(dict.fromkeys(row.subject for row in rows))
    names = list(dict.fromkeys(row.name for row in rows))
    by_key = {(row.subject, row.name): row for row in rows}
    heads = {row.name: head_text(row) for row in rows}
    lines = ["| " + " | ".join(["", *(heads[name] for name in names)]) + " |", "|---" * (len(names) + 1) + "|"]
    for subject in subjects:
        cells = [_number(by_key.get((subject, name))) for name in names]
        lines.append("| " + " | ".join([subject, *cells]) + " |")
        ends = [_interval(by_key.get((subject, name))) for name in names]
        if any(ends):
            lines.append("| " + " | ".join(["95 % interval", *ends]) + " |")
    return "\n".join(lines)


def commit() -> str:
    """The commit of the checkout hondo runs from, or its version where it was installed as a package."""
    from hondo.version import __version__

    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists() or shutil.which("git") is None:
        return f"version {__version__}"
    found = subprocess.run(["git", "-C", str(root), "describe", "--always", "--dirty"], capture_output=True, text=True)
    return found.stdout.strip() or f"version {__version__}"


def head_text(row: Row) -> str:
    """The name of a measure with its unit, and an arrow where better is known."""
    arrow = {"higher": " ↑", "lower": " ↓", None: ""}[row.better]
    return f"{row.name}{f' [{row.unit}]' if row.unit else ''}{arrow}"


def _interval(row: Row | None) -> str:
    if row is None or row.low is None or row.high is None:
        return ""
    return f"{_rounded(row.low)} to {_rounded(row.high)}"


def cell_text(row: Row | None) -> str:
    """The number with its interval; nothing where there is none."""
    return " ".join(part for part in (_number(row), f"({_interval(row)})" if _interval(row) else "") if part)


def _number(row: Row | None) -> str:
    return "" if row is None else _rounded(row.value)


def _rounded(value: float) -> str:
    size = abs(value)
    if 0 < size < 0.01:
        return f"{value:.2g}"
    return f"{value:.3f}" if size < 100 else f"{value:.0f}"
