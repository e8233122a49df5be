"""Trials that Tune's OptunaSearch suggests, for a cluster: ASHA ends the worse ones, so that none waits for others."""

from collections.abc import Iterator, Sequence
from typing import Any

from hondo.core.errors import MissingExtraError
from hondo.fleet.cluster.connect import require_ray
from hondo.recipes.search.optuna_search import choice_of, distribution_of
from hondo.recipes.search.search_space import Study
from hondo.recipes.search.trial import Trial, trial_of
from hondo.recipes.search.trial_log import Outcome

REPEATS = 20  # suggestions in a row that were run before, after which the space counts as searched


class TunedSearch:
    """``study.trials`` trials in all, suggested by Tune's OptunaSearch (TPE), which is told the stored outcomes."""

    def __init__(self, study: Study, done: Sequence[Outcome]) -> None:
        require_ray()
        try:
            import optuna
            from ray.tune.search.optuna import OptunaSearch
        except ImportError as error:
            raise MissingExtraError("optuna", extra="study") from error
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study, self.total = study, study.trials or 20
        space = {factor.name: distribution_of(factor) for factor in study.factors}
        told = [one for one in done if study.by in one.results and one.factors.keys() == space.keys()]
        self._search: Any = OptunaSearch(
            space=space,
            metric=study.by,
            mode="max" if study.is_higher_better else "min",
            sampler=optuna.samplers.TPESampler(seed=study.seed + len(done)),
            points_to_evaluate=[dict(one.factors) for one in told] or None,
            evaluated_rewards=[one.results[study.by] for one in told] or None,
        )
        self._known = {one.hash for one in done}
        self._asked: dict[str, str] = {}  # hash -> the name of the suggestion
        self._count = 0

    def trials(self) -> Iterator[Trial]:
        """Asks for the next one when it is wanted, so that it is chosen by what is known then."""
        repeats = 0
        while len(self._known) + len(self._asked) < self.total and repeats < REPEATS:
            self._count += 1
            name = str(self._count)
            trial = trial_of(self._study, choice_of(self._study, self._search.suggest(name)))
            if trial.hash in self._known or trial.hash in self._asked:
                repeats += 1
                self._search.on_trial_complete(name, error=True)
                continue
            repeats = 0
            self._asked[trial.hash] = name
            yield trial

    def should_stop(self, trial: Trial, value: float) -> bool:
        """Never: ASHA decides."""
        return False

    def tell(self, outcome: Outcome) -> None:
        """Ends the suggestion as the trial ended."""
        self._known.add(outcome.hash)
        has_value = outcome.state == "finished" and self._study.by in outcome.results
        result = {self._study.by: outcome.results[self._study.by]} if has_value else None
        self._search.on_trial_complete(self._asked.pop(outcome.hash), result=result, error=not has_value)
