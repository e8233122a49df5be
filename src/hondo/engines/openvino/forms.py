"""The form in which a network is converted: which replacements for inference pay here, by a trial that is cached.

The replacements of ``fuse_for_inference`` save multiplications or fill vector registers. Where the processor has matrix
units (AMX), some of them cost more than they save, and only a measurement tells which.
"""

import os
import time
from collections.abc import Callable, Mapping

import numpy as np
from torch import nn

from hondo.core.cache import cache_folder, read_cached, write_cached
from hondo.core.errors import HondoError
from hondo.core.processor import instruction_sets
from hondo.core.waiting import WAITING
from hondo.engines.base.compiled import Call, Shape
from hondo.engines.base.trial_key import trial_key
from hondo.engines.tracing.graph_inputs import driving
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.fuse import cheaper
from hondo.nn.attention.softmax import SoftmaxAttention
from hondo.nn.upsampling.resized_conv import ResizedConv
from hondo.nn.upsampling.upsample_conv import UpsampleConv

Kinds = tuple[type[nn.Module], ...]  # of modules that are not replaced
ALL_REPLACED: Kinds = ()
# Kinds of modules whose replacement is slower on some processors.
IN_DOUBT: Mapping[str, type[nn.Module]] = {
    "attention": SoftmaxAttention,
    "upsampling": UpsampleConv,
    "resizing": ResizedConv,
    "last convolution": nn.Conv2d,
}
MATRIX_UNITS = {"bf16": "AMX bf16", "fp16": "AMX fp16"}  # precision -> what a processor has where forms are tried
MIN_GAIN = 1.03  # less is within the noise of a short trial
MAX_MEAN_DIFFERENCE = 0.05  # of two forms on noise, as a share of the mean; rounding to bf16 leaves at most 0.01 or so
ROUNDS, ROUNDS_SECONDS = 9, 2.0  # of calls in turn; after so long at least 3


def fastest_form(
    model: DepthModel, run_of: Callable[[Kinds], Call], *, shape: Shape, precision: str, threads: int | None = None
) -> Kinds:
    """The kinds of modules that are better left as they are, at this size and precision on this machine.

    ``run_of``: the compiled network with these kinds left. One kind after the other is tried, those in which the model
    has a replacement. Without matrix units, or with HONDO_TRIAL=0, everything is replaced.
    """
    names = doubtful(model)
    if not names or MATRIX_UNITS.get(precision) not in instruction_sets() or os.environ.get("HONDO_TRIAL") == "0":
        return ALL_REPLACED
    facts = {"shape": shape, "precision": precision, "threads": threads, "in_doubt": names}
    path = cache_folder("trials", f"form-{trial_key(model, facts)}.json")
    known = (read_cached(path) or {}).get("left")
    if not isinstance(known, list) or not set(known) <= set(names):
        known = _try(names, run_of, inputs=driving(_noise(shape), num_previous=model.num_previous))
        write_cached(path, {"model": model.name, **facts, "left": known})
    return tuple(IN_DOUBT[name] for name in known)


def doubtful(model: DepthModel) -> list[str]:
    """The names in ``IN_DOUBT`` of which the model has a module that is replaced."""
    return [
        name
        for name, kind in IN_DOUBT.items()
        if any(type(part) is kind and cheaper(part) is not part for part in model.modules())
    ]


def _try(names: list[str], run_of: Callable[[Kinds], Call], *, inputs: tuple[np.ndarray, ...]) -> list[str]:
    """The names that are faster left as they are, each compared with the best form so far."""
    left: list[str] = []
    best = run_of(ALL_REPLACED)
    for name in names:
        WAITING.info("trying to leave %s as it is", name)
        try:
            other = run_of(tuple(IN_DOUBT[each] for each in (*left, name)))
        except HondoError:  # the engine does not take this form
            continue
        if agrees(best, other, inputs=inputs) and gain(best, other, inputs=inputs) >= MIN_GAIN:
            left, best = [*left, name], other
    return left


def agrees(first: Call, second: Call, *, inputs: tuple[np.ndarray, ...]) -> bool:
    """Whether both give the same map but for rounding: a form that an engine computes wrongly is never taken."""
    expected, given = first(*inputs), second(*inputs)
    return bool(np.abs(given - expected).mean() <= MAX_MEAN_DIFFERENCE * np.abs(expected).mean())


def gain(first: Call, second: Call, *, inputs: tuple[np.ndarray, ...]) -> float:
    """How many times as fast the second is: the median over rounds in which both are called in turn."""
    for run in (first, second):
        run(*inputs)
    ratios: list[float] = []
    end = time.perf_counter() + ROUNDS_SECONDS
    while len(ratios) < ROUNDS and (len(ratios) < 3 or time.perf_counter() < end):
        pair = (first, second) if len(ratios) % 2 else (second, first)
        seconds = {id(run): _seconds(run, inputs) for run in pair}
        ratios.append(seconds[id(first)] / seconds[id(second)])
    return float(np.median(ratios))


def _seconds(run: Call, inputs: tuple[np.ndarray, ...]) -> float:
    """Of the second of two calls: the first brings the weights back into the caches."""
    run(*inputs)
    start = time.perf_counter()
    run(*inputs)
    return time.perf_counter() - start


def _noise(shape: Shape) -> np.ndarray:
    return np.random.default_rng(0).random(shape, dtype=np.float32)
