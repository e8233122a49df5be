"""Cheap proxies: what a combination of changes will cost and lose, from each change alone and from MACs."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hondo.core.errors import MissingExtraError
from hondo.engines.base.engine import INT8_STATIC
from hondo.recipes.fitting.fit_results import Result, Variant
from hondo.recipes.fitting.fit_space import Space
from hondo.recipes.fitting.fit_target import FitTarget

INT8_ERROR = 0.008  # an int8 file loses at most 1 %, by the search of layers that stay in float
INT8_SPEED = 0.8  # of the latency in 16 bits, before it is measured
LESS_DEPTH = 0.5  # error of a step that was not measured, for each halving of the MACs
TRIALS, POPULATION = 240, 24


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What is expected of a variant."""

    variant: Variant
    latency_ms: float
    error: float
    file_mb: float


@dataclass(kw_only=True)
class Proxy:
    """Latency ratios multiply and errors add, level by level; ``macs_of`` stands in for a level that was not run."""

    space: Space
    first: Result  # of the model as it is
    alone: Mapping[Variant, Result]  # one change each
    macs_of: Callable[[Variant], int]
    seen: Sequence[Result] = field(default_factory=tuple)  # combinations, which correct the expectation

    def guess(self, variant: Variant) -> Guess:
        """The expectation."""
        latency, error, file_mb = self.first.latency_ms, self.first.error, self.first.file_mb or 0.0
        for level in self._levels(variant):
            ratio, more, smaller = self._effect(level)
            latency, error, file_mb = latency * ratio, error + more, file_mb * smaller
        return Guess(variant=variant, latency_ms=latency * self._correction(variant), error=error, file_mb=file_mb)

    def _levels(self, variant: Variant) -> list[Variant]:
        """The changes of a variant, each alone."""
        first = self.space.first
        found = [replace(first, size_hw=variant.size_hw),
                 replace(first, engine=variant.engine, precision=variant.precision)]  # fmt: skip
        found += [replace(first, steps=step) for step in filter(None, variant.steps.split(" | "))]
        return [each for each in found if each != first]

    def _effect(self, level: Variant) -> tuple[float, float, float]:
        """Ratio of the latency, added error, ratio of the file's size."""
        known = self.alone.get(level)
        if known is not None and known.is_valid:
            smaller = (known.file_mb or 1.0) / (self.first.file_mb or 1.0)
            return known.latency_ms / self.first.latency_ms, known.error - self.first.error, smaller
        if known is not None:  # it failed
            return math.inf, math.inf, 1.0
        if level.precision != self.space.first.precision or level.engine != self.space.first.engine:
            is_int8 = level.precision == INT8_STATIC
            return self._unmeasured_runtime(level) * INT8_SPEED, INT8_ERROR if is_int8 else 0.0, 0.3
        ratio = self.macs_of(level) / max(1, self.macs_of(self.space.first))
        return ratio, LESS_DEPTH * max(0.0, -math.log2(max(ratio, 1e-3))), ratio

    def _unmeasured_runtime(self, level: Variant) -> float:
        """The best latency ratio of the other precisions of its engine."""
        first = self.space.first
        others = (each for each in self.alone.values() if each.is_valid and each.variant.engine == level.engine)
        same = [each.latency_ms for each in others if (each.variant.size_hw, each.variant.steps) == (first.size_hw, "")]
        return min(same, default=self.first.latency_ms) / self.first.latency_ms

    def _correction(self, variant: Variant) -> float:
        """How much slower than expected combinations on the same engine and precision were, their median."""
        ratios = []
        for each in self.seen:
            if each.is_valid and each.variant.runtime == variant.runtime:
                plain = replace(self, seen=()).guess(each.variant).latency_ms
                ratios.append(each.latency_ms / plain)
        ratios.sort()
        return ratios[len(ratios) // 2] if ratios else 1.0


def promising(proxy: Proxy, target: FitTarget, *, done: set[Variant], seed: int = 0) -> list[Guess]:
    """Combinations that Optuna (NSGA-II) finds by the expectation, the most accurate of those within the target first.

    Where none is within the target, the fastest first.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtraError("optuna", extra="study") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = proxy.space
    if space.count <= TRIALS:
        found = {each: proxy.guess(each) for each in space.everything()}
    else:
        sampler = optuna.samplers.NSGAIISampler(population_size=POPULATION, seed=seed)
        study, found = optuna.create_study(directions=("minimize", "minimize"), sampler=sampler), dict[Variant, Guess]()
        for _ in range(TRIALS):
            trial = study.ask()
            size = space.sizes[trial.suggest_categorical("size", list(range(len(space.sizes))))]
            runtime = space.runtimes[trial.suggest_categorical("runtime", list(range(len(space.runtimes))))]
            changes = {name: trial.suggest_categorical(name, list(levels)) for name, levels in space.changes.items()}
            guess = proxy.guess(space.variant(size, runtime, changes))
            found[guess.variant] = guess
            over = max(1.0, guess.latency_ms / target.milliseconds)
            study.tell(trial, [min(guess.error, 1e6) + over - 1, min(guess.latency_ms, 1e9)])
    waiting = [each for each in found.values() if each.variant not in done and math.isfinite(each.latency_ms)]
    within = [each for each in waiting if not target.missed(latency_ms=each.latency_ms, file_mb=each.file_mb)]
    if within:
        return sorted(within, key=lambda each: (each.error, each.latency_ms))
    return sorted(waiting, key=lambda each: each.latency_ms)
