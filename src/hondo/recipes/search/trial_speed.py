"""The speed part of a trial: latency of the network alone, its multiply-accumulates and its size. Needs no data."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from time import perf_counter, process_time
from typing import cast

from hondo.core.types import Size
from hondo.engines.load import ModelSettings
from hondo.evaluate.speed.latency import network_call
from hondo.evaluate.speed.noise import CoreTime, Noise
from hondo.evaluate.speed.timing import Timing, elapsed_ms
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs, count_parameters
from hondo.recipes.build_parts import build_depth_model
from hondo.recipes.recipe import Recipe
from hondo.recipes.search.search_space import SpeedConfig

BYTES = {"fp16": 2, "bf16": 2}  # of a weight; others: 4


class LastModel:
    """The model that was built last: the next trial may differ in the size of its input alone."""

    def __init__(self) -> None:
        self._key, self._model = "", None

    def built(self, recipe: Recipe) -> DepthModel:
        """The recipe's model; speed needs no weights, so that those that would have to be fetched are random."""
        options = {name: value for name, value in recipe.model.options.items() if name not in ("size_hw", "pretrained")}
        config = replace(recipe.model, weights="random", start=None, options=options)
        key = json.dumps(asdict(config), sort_keys=True)
        if self._model is None or key != self._key:
            self._model = None  # not two at once
            self._model = build_depth_model(replace(recipe, model=config))
            self._key = key
        if not self._model.input_spec.fixed:
            return self._model
        return build_depth_model(replace(recipe, model=replace(config, options=recipe.model.options)))


LAST = LastModel()


def measure_speed(recipe: Recipe, speed: SpeedConfig, *, model: DepthModel | None = None) -> dict[str, float]:
    """Results by name: latency [ms] with its interval, FPS by clock and by processor time, GMACs, parameters, MB."""
    model = model or LAST.built(recipe)
    size_hw = cast(Size, tuple(speed.size_hw or recipe.model.options.get("size_hw") or model.input_spec.size_hw))
    settings = ModelSettings(
        engine=speed.engine, device=speed.device, precision=speed.precision, threads=speed.threads, size_hw=size_hw
    )
    timing, cpu_ms = _timed(network_call(settings.load(model), size_hw=size_hw), speed)
    parameters = count_parameters(model)
    return {
        "latency_ms": timing.median_ms,
        "latency_low_ms": timing.low_ms,
        "latency_high_ms": timing.high_ms,
        "latency_min_ms": timing.min_ms,
        "fps": 1000 / timing.median_ms,
        "fps_by_cpu": 1000 * speed.threads / cpu_ms,  # by processor time, which other processes disturb less
        "waited": timing.noise.waited,  # share of their time that threads waited for a core
        "runs": timing.runs,
        "gmacs": count_macs(model, size_hw=size_hw) / 1e9,
        "parameters_m": parameters / 1e6,
        "size_mb": BYTES.get(speed.precision, 4) * parameters / 1e6,
    }


def _timed(call: Callable[[], object], speed: SpeedConfig) -> tuple[Timing, float]:
    """The times of the calls, and their mean processor time [ms] over all threads."""
    for _ in range(speed.warmup):
        call()
    times, began, before, end = [], CoreTime.now(), process_time(), perf_counter() + speed.seconds
    while not times or (len(times) < speed.runs and perf_counter() < end):
        times.append(elapsed_ms(call))
    cpu_ms = 1000 * (process_time() - before) / len(times)
    return Timing.of(times, noise=Noise(waited=began.waited_since())), cpu_ms
