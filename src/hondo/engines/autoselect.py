"""``engine="auto"``: the fastest engine on this machine, by a trial of a second or two whose result is cached.

A trial holds for a model, a size, a precision and a machine. HONDO_TRIAL=0 turns it off: the first of ``candidates``
is then used.
"""

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from hondo.core.cache import cache_folder, read_cached, write_cached
from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.core.waiting import WAITING
from hondo.engines.base.engine import LoadOptions, Use
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.base.trial_key import trial_key
from hondo.engines.registry import ENGINES
from hondo.engines.tracing.graph_inputs import call_in_video
from hondo.models.base.depth_model import DepthModel

TRIAL_SECONDS = 2.0  # for all engines but the first, which would be loaded anyway
_TIMED = 3  # calls after an untimed one; the best counts
_CALLS_SECONDS = 0.5  # no further call is made after so long

LoadEngine = Callable[[str], NetworkPredictor]


def load_fastest(model: DepthModel, options: LoadOptions, *, size_hw: Size) -> NetworkPredictor:
    """The model on the engine that won its trial; without a trial (one engine, HONDO_TRIAL=0) on the first."""
    names = candidates(options.device, precision=options.precision)

    def load(name: str) -> NetworkPredictor:
        return ENGINES[name].load(model, options)

    if len(names) == 1 or os.environ.get("HONDO_TRIAL") == "0":
        return first_that_loads(names, load)
    facts = {"size_hw": size_hw, **asdict(options)}
    path = cache_folder("trials", f"{trial_key(model, facts)}.json")
    known = (read_cached(path) or {}).get("engine")
    if known in names:
        return first_that_loads((known, *names), load)
    tried = try_engines(names, load, size_hw=size_hw)
    best = min(tried, key=lambda one: one.milliseconds)
    for one in tried:
        if one is not best:
            one.predictor.close()
    times = {one.predictor.engine: round(one.milliseconds, 3) for one in tried}
    write_cached(path, {"model": model.name, **facts, "engine": best.predictor.engine, "milliseconds": times})
    return best.predictor


def candidates(device: str, *, precision: str) -> tuple[str, ...]:
    """The engines that are installed and offer the precision on a device, the likely fastest first."""
    import torch

    if device.split(".")[0].lower() in ("gpu", "npu"):  # OpenVINO's devices
        return ("openvino",)
    on_cpu = device == "cpu" or (device == "auto" and not torch.cuda.is_available())
    order = ("openvino", "torch", "onnx") if on_cpu else ("torch",)
    use = Use(precision=precision, device=device)
    able = tuple(name for name in order if ENGINES[name].is_installed() and not ENGINES[name].refusal(use))
    return able or ("torch",)  # which then names the precisions that it offers


@dataclass(frozen=True, kw_only=True)
class Tried:
    """An engine that was timed."""

    predictor: NetworkPredictor
    milliseconds: float
    load_s: float


def try_engines(names: tuple[str, ...], load: LoadEngine, *, size_hw: Size) -> list[Tried]:
    """Times the first engine that loads, then the others that fit into TRIAL_SECONDS."""
    tried: list[Tried] = []
    spent = 0.0
    for name in names:
        if tried and spent + _expected_s(name, tried) > TRIAL_SECONDS:
            continue
        start = time.perf_counter()
        WAITING.info("trying engine %s", name)
        try:
            predictor = load(name)
            loaded = time.perf_counter() - start
            tried.append(Tried(predictor=predictor, milliseconds=best_call_ms(predictor, size_hw), load_s=loaded))
        except (HondoError, RuntimeError):
            if name == names[-1] and not tried:
                raise
        spent += time.perf_counter() - start if len(tried) > 1 else 0.0
    return tried


def first_that_loads(names: tuple[str, ...], load: LoadEngine) -> NetworkPredictor:
    """The first engine that takes the model; torch takes every model."""
    for name in names[:-1]:
        try:
            return load(name)
        except (HondoError, RuntimeError):
            if "torch" not in names:
                raise
    return load(names[-1])


def _expected_s(name: str, tried: list[Tried]) -> float:
    """torch runs a model as it is; the other engines convert it first, which takes each about as long."""
    calls = (1 + _TIMED) * max(one.milliseconds for one in tried) / 1000
    return calls if name == "torch" else calls + max(one.load_s for one in tried)


def best_call_ms(predictor: NetworkPredictor, size_hw: Size) -> float:
    """The shortest of a few calls of the network alone, in milliseconds; its first calls do not count."""
    image = np.random.default_rng(0).random((1, 3, *size_hw), dtype=np.float32)
    call = call_in_video(predictor, image)
    predictor.warm(size_hw)
    times: list[float] = []
    while len(times) < _TIMED and sum(times) < 1000 * _CALLS_SECONDS:
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return min(times)
