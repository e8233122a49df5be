"""Charts: what they show is what the scores say; times of other hardware are left out."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from hondo.evaluate.accuracy.detail_report import RangeMean
from hondo.evaluate.comparison.scores import Scores
from hondo.evaluate.figures.draw_comparison import draw_speed, short_name, write_comparison
from hondo.metrics.depth_metrics import METRICS

VALUES = np.random.default_rng(0).uniform(0.1, 0.4, (9, len(METRICS)))
RANGES = (
    RangeMean(metres="2-4", pixels=9, abs_rel=0.1, bias=0.0, low=0.05, high=0.15),
    RangeMean(metres="4-8", pixels=9, abs_rel=0.2, bias=-0.1),
)
ONE = Scores(
    subject="one", protocol="dense", align="median", hardware="here", origins=tuple("abcdefghi"), values=VALUES,
    ranges=RANGES, predict_ms=12.0,
)  # fmt: skip


def test_all_charts_as_png_and_svg(tmp_path: Path) -> None:
    two = replace(ONE, subject="two", ranges=RANGES[1:], predict_ms=3.0, values=VALUES + 0.1)
    written = write_comparison((ONE, two), tmp_path)
    assert [path.name for path in written] == ["metrics.png", "depth_ranges.png", "speed.png"]
    assert all(cv2.imread(str(path)).std() > 5 for path in written)
    assert {path.stem for path in tmp_path.glob("*.svg")} == {"metrics", "depth_ranges", "speed"}


def test_other_hardware_is_left_out_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    shown: list[Figure] = []
    where = "hondo.evaluate.figures.draw_comparison.save_figure"
    monkeypatch.setattr(where, lambda figure, folder, name: (shown.append(figure), folder)[1])
    draw_speed((replace(ONE, predict_ms=None), ONE, replace(ONE, subject="far", hardware="there")), tmp_path)
    axis = shown[0].axes[0]
    assert axis.get_legend_handles_labels()[1] == ["one"]
    assert np.allclose(axis.containers[0].lines[0].get_xydata(), [[12.0, VALUES[:, 0].mean()]])
    assert "1 timed on other hardware left out" in shown[0].get_suptitle()


def test_long_names_keep_their_end() -> None:
    assert short_name("a" * 40 + "end").endswith("aend") and len(short_name("a" * 40)) == 28
    assert short_name("hondo-nano") == "hondo-nano"
