"""Curves of runs: what is drawn is what they recorded."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from hondo.core.errors import HondoError
from hondo.train.loggers.learning_curves import draw_curves
from hondo.train.loggers.run_records import read_run
from tests.train.loggers.test_run_records import written


def test_each_run_has_its_line_in_each_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Figure] = []
    where = "hondo.train.loggers.learning_curves.save_figure"
    monkeypatch.setattr(where, lambda figure, folder, name: (shown.append(figure), folder)[1])
    draw_curves([read_run(written(tmp_path / "a")), read_run(written(tmp_path / "b", steps=2))], tmp_path)
    loss, validation = shown[0].axes
    assert [line.get_xydata().tolist() for line in loss.lines] == [
        [[1, 1], [2, 1 / 2], [3, 1 / 3], [4, 1 / 4]],
        [[1, 1], [2, 1 / 2]],
    ]
    assert validation.lines[0].get_xydata().tolist() == [[1, 0.2], [4, 0.3]] and loss.get_yscale() == "log"


def test_a_run_without_numbers_is_refused(tmp_path: Path) -> None:
    run = written(tmp_path / "a")
    (run / "metrics.jsonl").write_text("")
    with pytest.raises(HondoError, match="no step is recorded yet"):
        draw_curves([read_run(run)], tmp_path)
