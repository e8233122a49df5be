"""The other subjects of a comparison: models, predictions and baselines that run now, and stored reports."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.evaluate.accuracy.evaluation import Evaluation, Predict
from hondo.evaluate.accuracy.subject import Subject
from hondo.evaluate.comparison.scores import Scores, read_scores, scores_of


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """One subject with its scores; a stored report predicts nothing more."""

    scores: Scores
    predict: Predict | None = None


@contextmanager
def entrants(
    names: Sequence[str],
    first: Entrant,
    *,
    open_named: Callable[[str], Subject],
    evaluate: Callable[[Subject], Evaluation],
) -> Iterator[tuple[Entrant, ...]]:
    """``first``, then each name: a report ending in .json is read, all else is opened and evaluated like the first.

    They stay open within the context. Of two with one name, a stored report takes on the name of its file.
    """
    found = [first]
    with ExitStack() as stack:
        for name in names:
            if name.endswith(".json"):
                scores = read_scores(Path(name))
                if scores.subject in {each.scores.subject for each in found}:
                    scores = replace(scores, subject=f"{scores.subject} ({Path(name).stem})")
                entrant = Entrant(scores=scores)
            else:
                subject = open_named(name)
                stack.callback(subject.close)
                entrant = Entrant(scores=scores_of(evaluate(subject)), predict=subject.predict)
            if entrant.scores.subject in {each.scores.subject for each in found}:
                raise HondoError(f"{entrant.scores.subject} is compared with itself; name another, or a stored report")
            found.append(entrant)
        yield tuple(found)
