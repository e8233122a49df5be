from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.core.types import DepthKind, DepthMap
from hondo.data.datasets.rgbd import Rgbd
from hondo.evaluate.accuracy.uncertainty import uncertainty_report


def wrong_on_the_left(sample: Sample) -> DepthMap:
    """The truth, but 50 % off in the left third, where the confidence is low."""
    assert sample.depth_gt is not None and sample.valid is not None
    values = np.where(sample.valid, sample.depth_gt, 1.0)[0].astype(np.float32)
    third = values.shape[1] // 3
    values[:, :third] *= 1.5
    confidence = np.ones_like(values)
    confidence[:, :third] = 0.2
    return DepthMap(values=values, kind=DepthKind.METRIC_DEPTH, confidence=confidence)


def test_a_confidence_that_knows_beats_the_gradient_and_chance(pairs: Path) -> None:
    report = uncertainty_report(wrong_on_the_left, Rgbd(pairs), subject="x", protocol="dense", align="none")
    found = {(row.subject, row.name): row.value for row in report.rows}
    assert found["x: confidence", "AUSE abs_rel"] == pytest.approx(0, abs=2e-3)
    assert found["x: confidence", "AURG abs_rel"] > max(0, found["x: image gradient", "AURG abs_rel"])
    assert found["x: constant", "AURG rmse"] == pytest.approx(0)


def test_maps_without_a_confidence_are_refused(pairs: Path) -> None:
    plain = lambda sample: replace(wrong_on_the_left(sample), confidence=None)  # noqa: E731
    with pytest.raises(HondoError, match="have no confidence"):
        uncertainty_report(plain, Rgbd(pairs), subject="x", protocol="dense", align="none")
