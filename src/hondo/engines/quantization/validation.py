"""How a network is made int8 on any engine: what it is told, how its layers are chosen, what it says afterwards."""

import contextlib
import io
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from hondo.core.errors import HondoError, MissingExtraError
from hondo.core.types import DepthKind
from hondo.engines.base.metadata import Int8Facts
from hondo.engines.base.predictor import Run
from hondo.engines.quantization.calibration import Calibration, evenly
from hondo.engines.quantization.sensitivity import MAX_DROP, Told, choose_kept
from hondo.engines.registry import check_precision
from hondo.engines.tracing.export_graph import quiet
from hondo.metrics.reference import abs_rel_to_reference

STATIC, DYNAMIC, WEIGHTS = "int8", "int8-dynamic", "int8-weights"
INT8 = (STATIC, DYNAMIC, WEIGHTS)
QUICK = 8  # images that rank the layers; the verdict looks at all that judge
# Of the allowed drop: more than this for computing in bf16 what is not int8, and it is computed in float32.
BESIDE_SHARE = 2 / 3
MOVE = 12  # multiply-accumulates that take as long as reading or writing a value: see `work`

# The network with these layers in float and the others quantised, its float part in this precision.
Candidate = Callable[[frozenset[str], str], Run]


@dataclass(frozen=True, kw_only=True)
class Quantising:
    """How to quantise: images like those the model will see, and the drop that is allowed (relative abs_rel)."""

    calibration: Calibration
    max_drop: float = MAX_DROP
    on_progress: Told = field(default=lambda line: None)


def check_quantising(precision: str, quantising: Quantising | None, *, dynamic: bool) -> None:
    """Refuses static int8 without images or a size."""
    if precision == STATIC and quantising is None:
        raise HondoError(
            f"precision '{precision}' needs images for its quantization ranges: add calibration=SOURCE, "
            "a folder, glob or video of scenes like those the model will see",
            field="precision",
        )
    if precision == STATIC and dynamic:
        raise HondoError(f"precision '{precision}' is made for one size; leave out dynamic=True", field="precision")


def check_served(precision: str, *, exported: str | None, engine: str, allowed: tuple[str, ...]) -> str:
    """The precision to run in: that asked for, or of a file (``exported``) its own; fp32 asks for nothing."""
    if exported is not None and exported in INT8:
        if precision not in ("fp32", exported):
            raise HondoError(
                f'the file was exported in {exported}; export it again with precision="{precision}"', field="precision"
            )
        return exported
    if precision == STATIC:
        raise HondoError(
            f"precision '{STATIC}' needs images for its quantization ranges: export a file with "
            f'precision="{STATIC}" and calibration=SOURCE, and load that',
            field="precision",
        )
    check_precision(precision, engine=engine, allowed=allowed)
    return precision if exported is None or precision != "fp32" else exported


@dataclass(frozen=True, kw_only=True)
class Validation:
    """Calibration images that set no range (where there are enough), and the depth that the full network gives."""

    images: Calibration
    wanted: Sequence[np.ndarray]  # network outputs, h w
    kind: DepthKind

    @classmethod
    def of(cls, full: Run, calibration: Calibration, *, kind: DepthKind) -> "Validation":
        _, images = calibration.split()
        return cls(images=images, wanted=[full(image)[0, 0].copy() for image in images], kind=kind)

    def drop(self, run: Run) -> float:
        """How far a network's depth is from the full one's, see ``drop_of``."""
        return drop_of(run, self.images, self.wanted, kind=self.kind)

    def few(self) -> "Validation":
        """``QUICK`` of them, evenly spread."""
        chosen = evenly(len(self.images), count=QUICK)
        return replace(self, images=self.images.spread(QUICK), wanted=[self.wanted[index] for index in chosen])


def choose_layers(
    layers: Mapping[str, float],
    candidate: Candidate,
    *,
    validation: Validation,
    quantising: Quantising,
    besides: Sequence[str] = ("fp32",),
) -> Int8Facts:
    """The layers that stay in float, and in which precision: the first of ``besides`` that is accurate enough.

    ``layers``: what each has to do (see ``work``), which int8 would make cheaper.
    """
    few, allowed = validation.few(), BESIDE_SHARE * quantising.max_drop
    lower = (
        float_precision
        for float_precision in besides[:-1]
        if few.drop(candidate(frozenset(layers), float_precision)) <= allowed
    )
    float_precision = next(lower, besides[-1])
    choice = choose_kept(
        layers,
        lambda kept: validation.drop(candidate(kept, float_precision)),
        quick_drop_of=lambda kept: few.drop(candidate(kept, float_precision)),
        max_drop=quantising.max_drop,
        on_progress=quantising.on_progress,
    )
    return Int8Facts(
        images=len(quantising.calibration), kept=choice.kept, float_precision=float_precision, drop=choice.drop
    )


def work(*, macs: float, values: float) -> float:
    """What an operation takes that reads and writes so many values, weights among them, in multiply-accumulates.

    int8 halves both beside bf16. A processor of today multiplies about ``MOVE`` times while it moves one value.
    """
    return macs + MOVE * values


def drop_of(run: Run, inputs: Iterable[np.ndarray], wanted: Sequence[np.ndarray], *, kind: DepthKind) -> float:
    """Relative abs_rel of a network's depth to the ``wanted`` maps (h w), the mean over network inputs."""
    pairs = zip(inputs, wanted, strict=True)
    return float(np.mean([abs_rel_to_reference(run(image)[0, 0], want, kind=kind) for image, want in pairs]))


@contextmanager
def nncf_package() -> Iterator:
    """NNCF, without its progress bars, advice and telemetry; or what to install."""
    os.environ.setdefault("NNCF_CI", "1")  # its switch for runs that send nothing home
    try:
        with quiet():
            import nncf
    except ImportError as error:
        raise MissingExtraError("nncf", extra="quantize") from error
    nncf.set_log_level(logging.ERROR)
    with quiet(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield nncf
