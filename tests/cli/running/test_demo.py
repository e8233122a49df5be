"""hondo demo as a user types it, at its quickest."""

import shlex
from pathlib import Path

import pytest

from hondo.cli.main import main
from hondo.core.report import Report
from hondo.images.read import read_image
from hondo.images.video_file import probe_video
from hondo.models.registry.zoo import PACKAGED_WEIGHTS

# Untrained where the package has no weights yet.
WEIGHTS = [] if "hondo-small" in PACKAGED_WEIGHTS else ["--weights", "random"]


def demo(*arguments: object) -> int:
    return main(["demo", "--quick", *WEIGHTS, *map(str, arguments)])


def test_everything_is_made_twice_over_and_the_next_commands_run(tmp_path: Path, capsys) -> None:
    pytest.importorskip("openvino")
    pytest.importorskip("onnx")
    out = tmp_path / "demo out"
    assert demo("--out", out, "--seconds", "0.5") == 0
    shown = capsys.readouterr().out
    made = {path.name for path in out.iterdir()}
    assert made == {
        "report.md", "report.json", "before_after.jpg", "depth.mp4", "points.ply", "adapted",
        "hondo-small-adapted.onnx", "hondo-small-adapted.xml", "hondo-small-adapted.bin",
    }  # fmt: skip
    report = Report.from_json((out / "report.json").read_text())
    subjects = {row.subject for row in report.rows if row.name == "abs_rel"}
    assert subjects == {"baseline: constant depth", "hondo-nano", "hondo-small", "hondo-small, adapted"}
    assert len([row for row in report.rows if row.name == "FPS"]) == 3
    assert max(row.value for row in report.rows if row.name == "difference to torch") < 1e-3
    assert "hondo-small, adapted" in shown and all(name in shown for name in made - {"hondo-small-adapted.bin"})
    assert read_image(out / "before_after.jpg").size and probe_video(out / "depth.mp4").frame_count == 9
    _commands_run(shown, out)


def _commands_run(shown: str, out: Path) -> None:
    commands = [shlex.split(line)[1:] for line in shown.splitlines() if line.startswith("  hondo ")]
    assert [words[0] for words in commands] == ["predict", "train", "bench"]
    predict, train, bench = commands
    assert predict[1] == train[3] and Path(predict[1], "000.jpg").exists()
    assert str(out / "adapted") in predict and Path(train[5]).exists()
    assert main([*bench, "--runs", "2"]) == 0


def test_an_out_that_cannot_be_written_is_2_and_one_line(tmp_path: Path, capsys) -> None:
    file = tmp_path / "file"
    file.touch()
    for out in (file, file / "inside"):
        assert demo("--out", out) == 2
        error = capsys.readouterr().err
        assert f"--out {out}: cannot write there" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seconds", "0"], "--seconds must be a positive number, got 0"),
        (["--weights", "gone.safetensors"], "gone.safetensors"),
        (["--wieghts", "random"], "--wieghts"),
    ],
)
def test_bad_options_are_2_and_one_line(arguments, said, tmp_path: Path, capsys) -> None:
    assert main(["demo", "--quick", *arguments, "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
