"""The rows of several machines beside each other in the report of benchmarks/engines.py; none replaces another's."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from hondo.core.atomic import atomic_write
from hondo.core.processor import hardware, instruction_sets, processor_name
from hondo.core.report import Report, Row

COMPARED = "compared "  # begins the notes about the images, which are of all models
ON = " on "  # between a row's subject and its machine
# The instruction sets that matrix products use where a processor has them, the fastest first.
MATRIX_SETS = ("AMX bf16", "SME", "AVX-512 bf16", "Arm bf16", "VNNI", "AVX-512", "Arm dot product", "AVX2", "NEON")


def machine() -> str:
    """This machine in a few words: its processor, and the fastest of its instruction sets."""
    words = processor_name().replace("(R)", "").replace("(TM)", "").replace("Processor", "").split()
    fastest = next((each for each in MATRIX_SETS if each in instruction_sets()), "")
    return " ".join([*words, *([f"with {fastest}"] if fastest else [])])


def write_side_by_side(new: Report, path: Path) -> None:
    """Writes the report of this machine to ``path``, with the rows of other machines that are there."""
    stored = Report.from_json(path.read_text()) if path.exists() else None
    atomic_write(path, side_by_side(new, stored, name=machine()).to_json().encode() + b"\n")


def side_by_side(new: Report, stored: Report | None, *, name: str) -> Report:
    """The rows just measured on the machine ``name``, and those of ``stored``; new ones replace those of one machine.

    Notes begin with their machine, then the subject: those of subjects that were measured again are replaced too.
    """
    rows = [replace(row, subject=f"{row.subject}{ON}{name}") for row in new.rows]
    notes = [f"{name}: {note}" for note in new.notes]
    if stored is None:
        return replace(new, rows=tuple(rows), notes=tuple(notes))
    measured = {(row.subject, row.name) for row in rows}
    again = {f"{name}: {_title(row.subject)}" for row in rows} | {f"{name}: {COMPARED}"}
    kept = [row for row in stored.rows if (row.subject, row.name) not in measured]
    kept_notes = [note for note in stored.notes if not note.startswith(tuple(again))]
    machines = [*stored.hardware.split("; "), hardware()]
    return replace(
        new,
        rows=tuple(in_order([*kept, *rows], like=[*stored.rows, *rows])),
        notes=(*kept_notes, *notes),
        hardware="; ".join(dict.fromkeys(machines)),
    )


def in_order(rows: Iterable[Row], *, like: Iterable[Row]) -> list[Row]:
    """Rows of one model together, then those of one file, whose machines stand below each other."""
    subjects = [row.subject for row in like]
    titles, files, all_of = (list(dict.fromkeys(map(key, subjects))) for key in (_title, _file, str))
    place = [{each: index for index, each in enumerate(found)} for found in (titles, files, all_of)]
    titled, filed, exact = place
    return sorted(rows, key=lambda row: (titled[_title(row.subject)], filed[_file(row.subject)], exact[row.subject]))


def _file(subject: str) -> str:
    return subject.rpartition(ON)[0] or subject


def _title(subject: str) -> str:
    """The model and its size."""
    return " ".join(subject.split()[:2])
