"""Who takes part in a comparison: what runs, what is stored, and nobody twice."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.rgbd import Rgbd
from hondo.evaluate.accuracy.evaluation import Evaluation, evaluate_samples
from hondo.evaluate.accuracy.subject import BASELINES, Subject
from hondo.evaluate.comparison.entrants import Entrant, entrants
from hondo.evaluate.comparison.scores import scores_of
from hondo.evaluate.figures.report_files import write_json


def test_names_files_and_repetition(pairs: Path, tmp_path: Path) -> None:
    samples, closed = Rgbd(pairs), []

    def open_named(name: str) -> Subject:
        return Subject(name=name, predict=BASELINES[name], close=lambda: closed.append(name))

    def evaluate(subject: Subject) -> Evaluation:
        return evaluate_samples(subject.predict, samples, subject=subject.name, align="median")

    evaluation = evaluate(open_named("floor:constant"))
    first = Entrant(scores=scores_of(evaluation), predict=BASELINES["floor:constant"])
    stored = str(write_json(evaluation, evaluation.report(), tmp_path / "before.json"))
    with entrants(("floor:row-plane", stored), first, open_named=open_named, evaluate=evaluate) as found:
        assert [one.scores.subject for one in found] == ["floor:constant", "floor:row-plane", "floor:constant (before)"]
        assert found[1].predict is not None and found[2].predict is None and not closed
    assert closed == ["floor:row-plane"]
    again = entrants(("floor:constant",), first, open_named=open_named, evaluate=evaluate)
    with pytest.raises(HondoError, match="compared with itself"), again:
        pass
    assert closed == ["floor:row-plane", "floor:constant"]
