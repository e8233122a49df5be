"""One table holds one protocol, one alignment and one set of images; differences are those of pairs."""

from dataclasses import replace

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.evaluate.comparison.compare_scores import comparison_reports, on_shared_images
from hondo.evaluate.comparison.scores import Scores
from hondo.metrics.depth_metrics import METRICS

IMAGES = np.random.default_rng(0).uniform(0.1, 0.4, (12, len(METRICS)))
FIRST = Scores(
    subject="first", protocol="dense", align="none", hardware="h", origins=tuple(map(str, range(12))), values=IMAGES
)
OTHER = replace(FIRST, subject="other", values=IMAGES + 0.01)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"protocol": "nyu-eigen"}, "protocol dense, other with nyu-eigen.*never share a table"),
        ({"align": "median"}, "alignment none, other with median"),
        ({"origins": tuple("abcdefghijkl")}, "share 0 of 12 images"),
    ],
)
def test_what_cannot_be_compared_is_refused(changed: dict, says: str) -> None:
    with pytest.raises(HondoError, match=says):
        comparison_reports((FIRST, replace(OTHER, **changed)))


def test_images_that_one_could_not_be_scored_on_count_for_none() -> None:
    shuffled = OTHER.of_images(OTHER.origins[:2:-1])
    first, other = on_shared_images((FIRST, shuffled))
    assert first.origins == other.origins == FIRST.origins[3:]
    assert np.allclose(other.values - first.values, 0.01)


def test_the_tables() -> None:
    table, difference = comparison_reports((FIRST, OTHER))
    rows = {(row.subject, row.name): row for row in table.rows}
    mean = rows["first", "abs_rel"]
    assert mean.value == pytest.approx(IMAGES[:, 0].mean()) and mean.low < mean.value < mean.high
    assert len(rows) == 2 * len(METRICS) and "12 images that all were scored on" in table.notes
    found = {(row.subject, row.name): row for row in difference.rows}
    worse = found["abs_rel (lower is better)", "difference"]
    assert worse.value == pytest.approx(0.01) and worse.low == pytest.approx(0.01)
    assert found["abs_rel (lower is better)", "p"].value < 0.01 and difference.title == "other minus first"


def test_few_images_show_no_significance() -> None:
    few = [each.of_images(FIRST.origins[:3]) for each in (FIRST, OTHER)]
    table, difference = comparison_reports(few)
    assert all(row.low is None for row in table.rows)
    assert not difference.rows and "too few images to compare" in difference.notes
