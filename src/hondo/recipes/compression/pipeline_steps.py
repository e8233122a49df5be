"""The steps of a compression pipeline: those of COMPRESSORS, and learning and rounding between and after them."""

from collections.abc import Sequence
from dataclasses import dataclass

from hondo.compress.registry import COMPRESSORS
from hondo.compress.steps import parse_steps
from hondo.core.errors import HondoError, unknown
from hondo.engines.quantization.calibration import MAX_ABS_REL_ERROR

DISTIL, QAT, INT8 = "distil", "qat", "int8"
SPARE = ":spare"
MANY = 100_000  # steps, where the clock ends a training
LEARNING = {
    DISTIL: ("learns from the model as it was: for so many steps, or seconds", "distil, distil=500 or distil=60s"),
    QAT: (
        "learns in int8 arithmetic, and is written so; :spare leaves those layers in float that `int8` would",
        "qat, qat=200, qat=60s or qat=200:spare",
    ),
    INT8: ("written in int8; the layers that would lose more stay in float", "int8 or int8=0.01"),
}
DEFAULTS = {DISTIL: "500", QAT: "200", INT8: str(MAX_ABS_REL_ERROR)}


@dataclass(frozen=True, kw_only=True)
class PipelineStep:
    """One step; ``value`` of a step of ``hondo compress`` is its whole text."""

    name: str
    value: str

    @property
    def is_surgery(self) -> bool:
        """Whether it is one of COMPRESSORS."""
        return self.name not in LEARNING

    @property
    def steps(self) -> int:
        """Optimiser steps; with ``seconds`` the clock ends it."""
        return MANY if self.seconds is not None else int(self.value.removesuffix(SPARE))

    @property
    def seconds(self) -> float | None:
        """Training time; None: it is counted in steps."""
        time = self.value.removesuffix(SPARE)
        return float(time[:-1]) if time.endswith("s") else None

    @property
    def spares(self) -> bool:
        """Whether layers that a plain int8 export keeps in float stay so."""
        return self.value.endswith(SPARE)

    def __str__(self) -> str:
        return self.value if self.is_surgery else f"{self.name}={self.value}"


def parse_pipeline(text: str) -> tuple[PipelineStep, ...]:
    """The steps between vertical bars, e.g. ``hooks=0,1 | distil | int8``; int8 and qat end a pipeline."""
    steps = []
    for part in text.split("|"):
        name, _, value = (word.strip() for word in part.strip().partition("="))
        if name in LEARNING:
            steps.append(PipelineStep(name=name, value=_checked(name, value or DEFAULTS[name])))
        elif name in COMPRESSORS:
            parse_steps(part)
            steps.append(PipelineStep(name=name, value=part.strip()))
        else:
            raise unknown("step", name, [*COMPRESSORS, *LEARNING])
    names = [step.name for step in steps]
    for name, allowed in ((INT8, names[-1:]), (QAT, names[-2:] if names[-1] == INT8 else names[-1:])):
        if names.count(name) > (name in allowed) or names.count(name) > 1:
            raise HondoError(f"step '{name}' ends a pipeline: what follows would need float weights; put it last")
    return tuple(steps)


def is_pipeline(text: str) -> bool:
    """Whether a text has steps beside those of ``hondo compress``."""
    return any(part.partition("=")[0].strip() in LEARNING for part in text.split("|"))


def writes_int8(steps: Sequence[PipelineStep]) -> bool:
    """Whether its file is an int8 one of an engine."""
    return bool(steps) and steps[-1].name in (QAT, INT8)


def _checked(name: str, value: str) -> str:
    length = value.removesuffix(SPARE) if name == QAT else value
    number = length.removesuffix("s") if name != INT8 else length
    try:
        is_right = float(number) > 0 and (name == INT8 or length.endswith("s") or number.isdigit())
    except ValueError:
        is_right = False
    if not is_right or (name == INT8 and float(number) >= 1):
        raise HondoError(f"step '{name}={value}' must be like {LEARNING[name][1]}")
    return value
