"""Depth maps of the clip against its measured depth."""

import numpy as np
import pytest

from hondo.core.types import DepthKind
from hondo.recipes.demo.clip_accuracy import accuracy_rows, baseline_rows, clip_factor, in_metres
from hondo.recipes.demo.demo_clip import DemoClip, measured_depth
from tests.recipes.demo.clip_maps import maps_of


def values(rows) -> dict[str, float]:
    return {row.name: row.value for row in rows}


def test_true_depth_up_to_a_factor_is_perfect(clip: DemoClip) -> None:
    rows = values(accuracy_rows(maps_of(clip, factors=dict.fromkeys((0, 4, 8), 3.0)), clip, subject="s"))
    assert rows["abs_rel"] == pytest.approx(0, abs=1e-5) and rows["delta1"] == 1
    assert rows["abs_rel (one scale)"] == pytest.approx(0, abs=1e-5)


def test_a_scale_that_changes_from_frame_to_frame_is_seen(clip: DemoClip) -> None:
    maps = maps_of(clip, factors={0: 1.0, 4: 1.0, 8: 0.5})
    rows = values(accuracy_rows(maps, clip, subject="s"))
    assert rows["abs_rel"] == pytest.approx(0, abs=1e-5)
    assert rows["abs_rel (one scale)"] == pytest.approx(1 / 3, abs=1e-3)  # a third of the frames is 100 % off
    assert clip_factor(maps, clip) == pytest.approx(1, rel=1e-3)


def test_the_floor_is_far_from_perfect(clip: DemoClip) -> None:
    assert 0.1 < values(baseline_rows(clip))["abs_rel"] < 1


def test_in_metres(clip: DemoClip) -> None:
    scaled = in_metres(maps_of(clip, factors={0: 4.0})[0], 4.0)
    measured = measured_depth(clip, 0)
    known = np.isfinite(measured)
    assert scaled.kind is DepthKind.METRIC_DEPTH
    np.testing.assert_allclose(scaled.values[known], measured[known], rtol=1e-5)
