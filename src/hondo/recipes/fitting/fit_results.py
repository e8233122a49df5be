"""Variants of a model and what was measured of them: one line of results.jsonl each, so that a search continues."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hondo.core.atomic import append_line
from hondo.core.errors import HondoError, warn
from hondo.core.text_file import load_json
from hondo.core.types import Size


@dataclass(frozen=True, kw_only=True)
class Variant:
    """The model after ``steps`` of compression ("" for none), at one network size, on one engine."""

    size_hw: Size
    engine: str
    precision: str
    steps: str = ""

    @property
    def label(self) -> str:
        """In one line."""
        size = f"{self.size_hw[0]}x{self.size_hw[1]}"
        return ", ".join(filter(None, (size, f"{self.engine} {self.precision}", self.steps.replace(" | ", ", "))))

    @property
    def runtime(self) -> str:
        """Engine and precision as one word."""
        return f"{self.engine} {self.precision}"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was measured of a variant; ``failed``: why nothing was. None: not known."""

    variant: Variant
    latency_ms: float = float("inf")  # median of the end-to-end call
    high_ms: float = float("inf")  # upper end of its 95 % interval
    error: float = float("inf")  # abs_rel to the truth of the search
    gmacs: float = 0.0
    parameters: int = 0
    file_mb: float | None = None
    memory_mb: float | None = None
    tuned: str = ""  # how it was trained on the data: "", "short" or "full"
    weights: str = ""  # the file of the weights it was tuned to, relative to the folder
    doubts: tuple[str, ...] = ()  # why the latency is inconclusive
    failed: str = ""
    seconds: float = 0.0  # that it took
    hardware: str = ""

    @property
    def fps(self) -> float:
        """Of the median."""
        return 1000 / self.latency_ms

    @property
    def is_valid(self) -> bool:
        """Whether anything was measured."""
        return not self.failed and self.error < float("inf")

    @property
    def label(self) -> str:
        """The variant, and how it was trained."""
        return self.variant.label + (f", {self.tuned} fine-tuning" if self.tuned else "")


class ResultLog:
    """The results in a folder, read once, and each new one appended."""

    def __init__(self, folder: Path, *, hardware: str) -> None:
        self.path, self._hardware = folder / "results.jsonl", hardware
        self.results: list[Result] = [each for each in _read(self.path) if each.hardware == hardware]

    def find(self, variant: Variant, *, tuned: str = "") -> Result | None:
        """The last result of a variant on this machine."""
        same = (each for each in reversed(self.results) if each.variant == variant and each.tuned == tuned)
        return next(same, None)

    def add(self, result: Result) -> Result:
        """Appends it; on the disk when this returns."""
        append_line(self.path, json.dumps(asdict(result)))
        self.results.append(result)
        return result

    @property
    def valid(self) -> list[Result]:
        """The last measurement of each variant that worked."""
        last = {(each.variant, each.tuned): each for each in self.results}
        return [each for each in last.values() if each.is_valid]

    @property
    def failed(self) -> list[Result]:
        """Those that did not."""
        last = {(each.variant, each.tuned): each for each in self.results}
        return [each for each in last.values() if each.failed]


def _read(path: Path) -> list[Result]:
    if not path.is_file():
        return []
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            found.append(_result(load_json(line, name=f"{path}, line {number}")))
        except (HondoError, TypeError, KeyError):
            warn(f"{path}, line {number}: no result of a variant; left out")
    return found


def _result(stored: Mapping[str, Any]) -> Result:
    variant = dict(stored["variant"])
    variant["size_hw"] = tuple(variant["size_hw"])
    return Result(**{**stored, "variant": Variant(**variant), "doubts": tuple(stored["doubts"])})


@dataclass(frozen=True, kw_only=True)
class Winner:
    """The file that was written, what was measured of it, and the frame rate that is promised."""

    result: Result
    path: Path
    promised_fps: float  # the slow end of the 95 % intervals of two measurements
    again_fps: float  # of the second measurement
    missed: tuple[str, ...] = ()  # limits that it does not meet
    parity: Mapping[str, Any] = field(default_factory=dict)
