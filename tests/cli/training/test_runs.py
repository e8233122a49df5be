"""hondo runs as it is typed."""

import pytest

from hondo.cli.main import main
from tests.train.loggers.test_run_records import written


def test_list_and_compare(tmp_path, capsys: pytest.CaptureFixture):
    first, second = str(written(tmp_path / "a")), str(written(tmp_path / "b", lr=0.2, steps=2, report=False))
    assert main(["runs", "list", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == ["run", "recipe", "state", "loss", "val_abs_rel", "commit"]
    assert "finished" in out and "step 2 of 4" in out and "0.25" in out
    assert main(["runs", "compare", first, second]) == 0
    rows = {line.split("  ")[0]: line.split()[-2:] for line in capsys.readouterr().out.splitlines()}
    assert rows["optim.lr"] == ["0.1", "0.2"] and rows["loss"] == ["0.25", "0.5"]
    assert rows["best val_abs_rel"] == ["0.2", "0.2"] and "seed" not in rows


def test_curves(tmp_path, capsys: pytest.CaptureFixture):
    first, second = str(written(tmp_path / "a")), str(written(tmp_path / "b", lr=0.2, steps=2))
    assert main(["runs", "curves", first, second, "--out", str(tmp_path / "curves")]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "curves" / "curves.png")]
    assert {path.name for path in (tmp_path / "curves").iterdir()} == {"curves.png", "curves.svg"}
    assert main(["runs", "curves", "--out", str(tmp_path)]) == 2


def test_nothing_there(tmp_path, capsys: pytest.CaptureFixture):
    assert main(["runs", "list", str(tmp_path)]) == 0
    assert "no runs in" in capsys.readouterr().out
    assert main(["runs", "compare", str(tmp_path), str(tmp_path)]) == 2
    assert "is no run folder" in capsys.readouterr().err
