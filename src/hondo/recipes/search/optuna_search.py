"""Trials that Optuna suggests (TPE), from the outcomes so far; those that are worse than the median are pruned.

Bergstra et al. 2011 (TPE), Golovin et al. 2017 (median stopping). Optuna keeps nothing: it is told trials.jsonl again.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hondo.core.errors import MissingExtraError
from hondo.recipes.search.search_space import Factor, Interval, Level, Study
from hondo.recipes.search.trial import Trial, trial_of
from hondo.recipes.search.trial_log import Outcome

STARTUP = 5  # trials that run before any is pruned
REPEATS = 20  # suggestions in a row that were run before, after which the space counts as searched


class OptunaSearch:
    """``study.trials`` trials in all, finished, failed or pruned."""

    def __init__(self, study: Study, done: Sequence[Outcome]) -> None:
        try:
            import optuna
        except ImportError as error:
            raise MissingExtraError("optuna", extra="study") from error
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study, self._optuna, self.total = study, optuna, study.trials or 20
        direction = "maximize" if study.is_higher_better else "minimize"
        self._search = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=study.seed + len(done)),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP),
            direction=direction,
        )
        self._space = {factor.name: distribution_of(factor) for factor in study.factors}
        self._known: dict[str, Outcome] = {}
        self._asked: dict[str, Any] = {}  # hash -> Optuna's trial
        for outcome in done:
            self._known[outcome.hash] = outcome
            if outcome.factors.keys() == self._space.keys():
                self._search.add_trial(self._as_optuna(outcome))

    def trials(self) -> Iterator[Trial]:
        """Asks for the next one when it is wanted, so that it is chosen by what is known then."""
        repeats = 0
        while len(self._known) + len(self._asked) < self.total and repeats < REPEATS:
            suggested = self._search.ask(self._space)
            trial = trial_of(self._study, choice_of(self._study, suggested.params))
            if trial.hash in self._known or trial.hash in self._asked:
                repeats += 1
                self._end(suggested, self._known.get(trial.hash))
                continue
            repeats = 0
            self._asked[trial.hash] = suggested
            yield trial

    def should_stop(self, trial: Trial, value: float) -> bool:
        """Whether the trial is worse than the median of the others at its step."""
        suggested = self._asked[trial.hash]
        step = len(self._search.trials[suggested.number].intermediate_values)
        suggested.report(value, step)
        return bool(suggested.should_prune())

    def tell(self, outcome: Outcome) -> None:
        """Ends Optuna's trial as this one ended."""
        self._known[outcome.hash] = outcome
        self._end(self._asked.pop(outcome.hash), outcome)

    def _end(self, suggested: Any, outcome: Outcome | None) -> None:
        states = self._optuna.trial.TrialState
        if (value := self._value(outcome)) is not None:
            self._search.tell(suggested, value)
        else:
            was_pruned = outcome is not None and outcome.state == "pruned"
            self._search.tell(suggested, state=states.PRUNED if was_pruned else states.FAIL)

    def _value(self, outcome: Outcome | None) -> float | None:
        """What is optimised; None of a trial that did not finish or did not measure it."""
        return outcome.results.get(self._study.by) if outcome is not None and outcome.state == "finished" else None

    def _as_optuna(self, outcome: Outcome) -> Any:
        states = self._optuna.trial.TrialState
        value = self._value(outcome)
        state = states.PRUNED if outcome.state == "pruned" else states.FAIL if value is None else states.COMPLETE
        return self._optuna.trial.create_trial(
            params=dict(outcome.factors),
            distributions=self._space,
            value=value,
            state=state,
            intermediate_values=dict(enumerate(outcome.values)),
        )


def distribution_of(factor: Factor | Interval) -> Any:
    """What Optuna draws a factor from."""
    from optuna import distributions as make

    if isinstance(factor, Factor):
        return make.CategoricalDistribution([level.label for level in factor.levels])
    if factor.is_integer:
        return make.IntDistribution(int(factor.low), int(factor.high), log=factor.is_log)
    return make.FloatDistribution(factor.low, factor.high, log=factor.is_log)


def choice_of(study: Study, params: Mapping[str, Any]) -> dict[str, Level | float]:
    """The levels and numbers that Optuna's parameters stand for."""
    found: dict[str, Level | float] = {}
    for factor in study.factors:
        value = params[factor.name]
        is_level = isinstance(factor, Factor)
        found[factor.name] = next(each for each in factor.levels if each.label == value) if is_level else value
    return found
