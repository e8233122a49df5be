"""``precision="auto"``: the fastest precision here whose depth stays close to fp32, by a trial whose result is cached.

Only precisions that need no calibration are tried. A trial holds for a model with its weights, a size, an engine and a
machine. HONDO_TRIAL=0 turns it off: fp32 is then used.
"""

import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.cache import cache_folder, read_cached, write_cached
from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.core.waiting import WAITING
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.engines.autoselect import best_call_ms, load_fastest
from hondo.engines.base.engine import EXACT, LoadOptions
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.base.trial_key import trial_key
from hondo.engines.registry import ENGINES
from hondo.metrics.reference import abs_rel_to_reference, rank_correlation
from hondo.models.base.depth_model import DepthModel

AUTO = "auto"
LOWER_PRECISIONS = ("bf16", "fp16")  # that need no calibration
MAX_ABS_REL = 0.01  # of the depth to that of fp32
MIN_RANK_CORRELATION = 0.999
MIN_SPEED_UP = 1.05  # less is within the noise of a short trial
NUM_IMAGES = 3  # validation images, spread over the embedded clip
_VALUES_HASHED = 64  # of each tensor, to tell other weights of one architecture
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A precision that was tried: the latency of the network, and how far its depth is from that of fp32."""

    precision: str
    milliseconds: float
    abs_rel: float = 0.0
    rank_correlation: float = 1.0

    @property
    def is_accurate(self) -> bool:
        """Whether its depth may stand for that of fp32; values that are not finite never do."""
        return self.abs_rel <= MAX_ABS_REL and self.rank_correlation >= MIN_RANK_CORRELATION


def load_auto_precision(
    model: DepthModel, options: LoadOptions, *, size_hw: Size, engine: str = AUTO
) -> NetworkPredictor:
    """The model in the precision that won its trial, on ``engine`` or on the fastest one. ``options``: of fp32."""
    if os.environ.get("HONDO_TRIAL") == "0":
        return _load_exact(model, options, size_hw=size_hw, engine=engine)
    facts = {"size_hw": size_hw, "engine": engine, **asdict(options), "weights": _weights_key(model)}
    path = cache_folder("trials", f"precision-{trial_key(model, facts)}.json")
    known = _read_choice(path)
    if known is not None:
        name, precision, line = known
        try:
            _log.info(line)
            return ENGINES[name].load(model, replace(options, precision=precision))
        except HondoError:  # the engine or its device is not what it was: tried again
            pass
    exact = _load_exact(model, options, size_hw=size_hw, engine=engine)
    chosen, measured = _try(exact, model, options, size_hw=size_hw)
    line = _line(chosen, measured)
    _log.info(line)
    tried = [asdict(one) for one in measured]
    write_cached(
        path,
        {"model": model.name, "engine": chosen.engine, "precision": chosen.precision, "line": line, "tried": tried},
    )
    return chosen


def fastest_accurate(measured: Sequence[Measured]) -> Measured:
    """The fastest of those that are accurate; the first (fp32) unless another is clearly faster."""
    exact, *others = measured
    faster = [one for one in others if one.is_accurate and one.milliseconds * MIN_SPEED_UP < exact.milliseconds]
    return min(faster, key=lambda one: one.milliseconds, default=exact)


def _try(
    exact: NetworkPredictor, model: DepthModel, options: LoadOptions, *, size_hw: Size
) -> tuple[NetworkPredictor, list[Measured]]:
    """The predictor that won, and what was measured, fp32 first; the others are closed."""
    predictors, measured = {EXACT: exact}, [Measured(precision=EXACT, milliseconds=best_call_ms(exact, size_hw))]
    reference: list[np.ndarray] = []
    for precision in LOWER_PRECISIONS:
        WAITING.info("trying %s on %s in %s", model.name, exact.engine, precision)
        try:
            predictor = ENGINES[exact.engine].load(model, replace(options, precision=precision))
            milliseconds = best_call_ms(predictor, size_hw)
            reference = reference or list(_maps(exact, size_hw))
            measured.append(_compare(predictor, reference, size_hw=size_hw, milliseconds=milliseconds))
        except (HondoError, RuntimeError):  # this engine, processor or model does not take the precision
            continue
        predictors[precision] = predictor
    chosen = predictors.pop(fastest_accurate(measured).precision)
    for other in predictors.values():
        other.close()
    return chosen, measured


def _compare(
    predictor: NetworkPredictor, reference: Sequence[Float[np.ndarray, "h w"]], *, size_hw: Size, milliseconds: float
) -> Measured:
    maps = list(_maps(predictor, size_hw))
    if not all(np.isfinite(each).all() for each in maps):
        return Measured(
            precision=predictor.precision, milliseconds=milliseconds, abs_rel=float("inf"), rank_correlation=0.0
        )
    pairs = list(zip(maps, reference, strict=True))
    return Measured(
        precision=predictor.precision,
        milliseconds=milliseconds,
        abs_rel=float(np.mean([abs_rel_to_reference(ours, exact, kind=predictor.kind) for ours, exact in pairs])),
        rank_correlation=min(rank_correlation(ours, exact) for ours, exact in pairs),
    )


def _maps(predictor: NetworkPredictor, size_hw: Size) -> Iterator[Float[np.ndarray, "h w"]]:
    """The network's maps of the validation images."""
    images = sorted(embedded_clip().images.glob("*.jpg"))
    for image in images[:: max(1, len(images) // NUM_IMAGES)][:NUM_IMAGES]:
        yield predictor.run(predictor.at_size(size_hw).prepare(image).network_input)[0, 0]


def _load_exact(model: DepthModel, options: LoadOptions, *, size_hw: Size, engine: str) -> NetworkPredictor:
    if engine == AUTO:
        return load_fastest(model, options, size_hw=size_hw)
    return ENGINES[engine].load(model, options)


def _line(chosen: NetworkPredictor, measured: Sequence[Measured]) -> str:
    """What was chosen and why, for people."""
    one = next(one for one in measured if one.precision == chosen.precision)
    if chosen.precision == EXACT:
        return f"{chosen.engine} fp32: {one.milliseconds:.1f} ms; no lower precision is faster and close enough here"
    return (
        f"{chosen.engine} {chosen.precision}: {one.milliseconds:.1f} ms, {100 * one.abs_rel:.1f} % from fp32 "
        f'({measured[0].milliseconds:.1f} ms); precision="fp32" for exact results'
    )


def _read_choice(path: Path) -> tuple[str, str, str] | None:
    known = read_cached(path) or {}
    name, precision, line = known.get("engine"), known.get("precision"), known.get("line")
    if name in ENGINES and precision in (EXACT, *LOWER_PRECISIONS) and isinstance(line, str):
        return str(name), str(precision), line
    return None


def _weights_key(model: DepthModel) -> str:
    """Tells two sets of weights of one architecture apart, by a few values of every tensor."""
    digest = hashlib.sha256()
    for tensor in model.state_dict().values():
        digest.update(tensor.detach().flatten()[:_VALUES_HASHED].double().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
