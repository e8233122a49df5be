"""hondo study as it is typed."""

import pytest

from hondo.cli.main import main

TOML = """
recipe = "dpt-kitti-tiny"
train = false
[options]
"model.options.attention" = ["softmax", "linear"]
[speed]
runs = 2
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(TOML)
    return str(path)


def test_a_study_end_to_end(file, tmp_path, capsys: pytest.CaptureFixture) -> None:
    out = str(tmp_path / "out")
    assert main(["study", file, "--out", out]) == 0
    captured = capsys.readouterr()
    assert "## Study mine" in captured.out and "report.html" in captured.out and "[2/2] linear: fps" in captured.err
    lines = (tmp_path / "out" / "trials.jsonl").read_text()
    assert main(["study", file, "--out", out]) == 0 and (tmp_path / "out" / "trials.jsonl").read_text() == lines
    assert main(["study", "watch", out]) == 0
    assert "2 finished; nothing runs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["thesis63"], "unknown study 'thesis63'; did you mean thesis36"),
        (["thesis36", "--workers", "0"], "--workers must be at least 1, got 0"),
        (["absent.toml"], "absent.toml: no such file"),
        (["watch", "absent"], "absent is no folder of a study"),
        ([], "STUDY"),
    ],
)
def test_bad_input_is_one_line(arguments, said: str, tmp_path, monkeypatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["study", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_failed_trials_are_told(tmp_path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(
        TOML.replace('"model.options.attention" = ["softmax", "linear"]', '"model.options.num_heads" = [5]')
    )
    assert main(["study", str(path), "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert "trial failed: 5:" in error and "--retry" in error
