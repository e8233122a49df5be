"""Main effects of a study: how a result changes from one level of a factor to another, all else equal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hondo.evaluate.speed.noise import WAITED
from hondo.recipes.search.trial_log import Outcome


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A level of a factor: its mean result, and the mean ratio to the factor's first level over paired trials."""

    factor: str
    level: str
    mean: float
    low: float
    high: float
    count: int
    ratio: float | None  # None: no trial differs from one of the first level in this factor alone


def finished(outcomes: Sequence[Outcome], *, having: str) -> list[Outcome]:
    """The trials that have this result."""
    return [outcome for outcome in outcomes if outcome.state == "finished" and having in outcome.results]


def speed_number(outcomes: Sequence[Outcome]) -> str:
    """The FPS that these trials let one compare: by the clock, or by processor time where others used the machine."""
    waited = [outcome.results["waited"] for outcome in finished(outcomes, having="waited")]
    return "fps_by_cpu" if waited and float(np.mean(waited)) > WAITED else "fps"


def main_effects(outcomes: Sequence[Outcome], *, of: str) -> list[Effect]:
    """Every level of every factor that has several, in the order of the trials."""
    known = finished(outcomes, having=of)
    effects = []
    for factor in _varied(known):
        levels = list(dict.fromkeys(outcome.factors[factor] for outcome in known))
        for level in levels:
            values = [outcome.results[of] for outcome in known if outcome.factors[factor] == level]
            effects.append(
                Effect(
                    factor=factor,
                    level=str(level),
                    mean=float(np.mean(values)),
                    low=min(values),
                    high=max(values),
                    count=len(values),
                    ratio=paired_ratio(known, factor=factor, level=level, to=levels[0], of=of),
                )
            )
    return effects


def paired_ratio(
    outcomes: Sequence[Outcome],
    *,
    factor: str,
    level: str | float,
    to: str | float,
    of: str,
    where: Mapping[str, str] | None = None,
) -> float | None:
    """The mean over pairs of trials of ``of`` at ``level`` / ``of`` at ``to``; pairs differ in that factor alone.

    ``where``: levels of other factors that both have. None: there is no pair.
    """
    found: dict[str | float, dict[tuple, float]] = {level: {}, to: {}}
    for outcome in finished(outcomes, having=of):
        here = outcome.factors.get(factor)
        if here in found and all(outcome.factors.get(name) == value for name, value in (where or {}).items()):
            rest = tuple((name, value) for name, value in outcome.factors.items() if name != factor)
            found[here][rest] = outcome.results[of]
    pairs = [value / found[to][rest] for rest, value in found[level].items() if found[to].get(rest)]
    return float(np.mean(pairs)) if pairs else None


def _varied(outcomes: Sequence[Outcome]) -> list[str]:
    """The factors that have some levels: more than one, and fewer than trials (numbers drawn freely have no levels)."""
    names = dict.fromkeys(name for outcome in outcomes for name in outcome.factors)
    counts = {name: len({outcome.factors.get(name) for outcome in outcomes}) for name in names}
    return [name for name, count in counts.items() if 1 < count < max(len(outcomes), 3)]


def pareto(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Which of (cost, error) are on the front: none other is at least as low in both and lower in one."""
    return [not any(c <= cost and e <= error and (c < cost or e < error) for c, e in points) for cost, error in points]
