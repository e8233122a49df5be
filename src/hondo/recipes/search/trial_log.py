"""trials.jsonl: one JSON line a trial, appended whole or not at all, so that a killed study loses no finished trial."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from hondo.core.atomic import append_line
from hondo.core.errors import HondoError, warn
from hondo.core.text_file import load_object

State = Literal["finished", "failed", "pruned"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a trial ended. ``factors``: its level (or number) of each factor; ``values``: validations on the way."""

    hash: str
    state: State
    factors: Mapping[str, str | float]
    results: Mapping[str, float] = field(default_factory=dict)
    values: Sequence[float] = ()
    error: str = ""
    seconds: float = 0.0
    recipe: Mapping[str, Any] = field(default_factory=dict)
    commit: str = ""
    hardware: str = ""
    attempt: int = 0  # the number of the attempt on a cluster whose run was kept; 0: not on a cluster

    @property
    def name(self) -> str:
        """The trial's levels in one line."""
        return ", ".join(str(level) for level in self.factors.values())


class TrialLog:
    """The outcomes of a study's folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "trials.jsonl"

    def append(self, outcome: Outcome) -> None:
        """One line, on the disk when this returns."""
        append_line(self.path, json.dumps(asdict(outcome)))

    def read(self) -> list[Outcome]:
        """The last outcome of each trial, in the order of the first; a line cut off by a crash is left out."""
        if not self.path.is_file():
            return []
        found: dict[str, Outcome] = {}
        for number, line in enumerate(self.path.read_text(errors="replace").splitlines(), 1):
            try:
                outcome = Outcome(**load_object(line, name=self.path.name))
            except (HondoError, TypeError):
                warn(f"{self.path}, line {number}: no outcome of a trial; left out")
                continue
            found[outcome.hash] = outcome
        return list(found.values())


def check_out(folder: Path, *, name: str) -> None:
    """Refuses a folder that holds another study."""
    path = folder / "study.json"
    if not path.exists():
        if TrialLog(folder).path.exists():
            raise HondoError(f"out {folder} holds trials without a study.json; give another folder", field="out")
        return
    held = read_study_json(folder)["name"]
    if held != name:
        raise HondoError(f"out {folder} holds the study '{held}', not '{name}'; give another folder", field="out")


def read_study_json(folder: Path) -> dict[str, Any]:
    """What study.json in a study's folder states."""
    try:
        stated = load_object((folder / "study.json").read_bytes(), name="study.json")
        stated["name"]  # every study has one
        return stated
    except (OSError, LookupError, HondoError) as error:
        raise HondoError(
            f"{folder} is no folder of a study ({error}); name the one given as out", field="out"
        ) from error
