"""Scores of an evaluation, and the same ones read from its file."""

from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.rgbd import Rgbd
from hondo.evaluate.accuracy.evaluation import Evaluation, Item, evaluate_samples
from hondo.evaluate.accuracy.subject import BASELINES
from hondo.evaluate.comparison.scores import read_scores, scores_of
from hondo.evaluate.figures.report_files import write_json


def test_a_file_gives_the_scores_of_its_evaluation(pairs: Path, tmp_path: Path) -> None:
    evaluation = evaluate_samples(BASELINES["floor:row-plane"], Rgbd(pairs), subject="plane")
    path = write_json(evaluation, evaluation.report(), tmp_path / "plane.json")
    ran, stored = scores_of(evaluation), read_scores(path)
    assert (stored.values == ran.values).all() and stored.values.shape == (4, 9)
    for name in ("subject", "protocol", "align", "origins", "ranges", "hardware"):
        assert getattr(stored, name) == getattr(ran, name)
    assert stored.predict_ms is None, "a baseline is no model"


def test_nothing_scored_says_why() -> None:
    nothing = Evaluation(subject="x", protocol="dense", align="none", items=(Item(index=0, origin="a", skipped="b"),))
    with pytest.raises(HondoError, match=r"no sample could be scored.*a: b"):
        scores_of(nothing)


def test_images_are_picked_by_name(pairs: Path) -> None:
    scores = scores_of(evaluate_samples(BASELINES["floor:row-plane"], Rgbd(pairs), subject="plane"))
    picked = scores.of_images(scores.origins[::-2])
    assert picked.origins == scores.origins[::-2] and np.array_equal(picked.values, scores.values[::-2])


@pytest.mark.parametrize(
    ("text", "says"),
    [('{"rows": []}', "no report with the metrics"), ("{", "no report"), (None, "cannot be read")],
)
def test_other_files_are_refused(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "other.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(HondoError, match=says):
        read_scores(path)
