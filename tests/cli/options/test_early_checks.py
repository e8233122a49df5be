"""What is wrong without a doubt is said before torch is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from hondo.cli.main import main
from hondo.data.layouts.layout_table import LAYOUTS
from hondo.evaluate.accuracy.subject import BASELINES
from hondo.evaluate.protocols import PROTOCOLS

WRONG = [
    (["predict", "PHOTO", "--model", "nosuch"], "unknown model 'nosuch'"),
    (["predict", "PHOTO", "--save", "wrong"], "wrong is not one of png16"),
    (["predict", "PHOTO", "--engine", "wrong"], "unknown engine 'wrong'"),
    (["predict", "PHOTO", "--palette", "wrong"], "unknown palette 'wrong'"),
    (["predict", "PHOTO", "--size", "12"], "--size '12' must be HEIGHTxWIDTH"),
    (["predict", "PHOTO", "--camera", "gone.json"], "--camera 'gone.json': no such file"),
    (["predict", "PHOTO", "--out", "PHOTO/x"], "PHOTO/x: cannot write there"),
    (["predict", "PHOTO", "--known-distance", "1,1,2", "--metric-from", "height=2"], "exclude each other"),
    (["predict"], "no SOURCE given"),
    (["bench", "hondo-nano", "nosuch"], "unknown model 'nosuch'"),
    (["bench", "hondo-nano", "--json", "PHOTO/x.json"], "cannot write PHOTO/x.json"),
    (["evaluate", "hondo-nano", "--root", "missing"], "--root missing does not exist"),
    (["evaluate", "hondo-nano", "--root", ".", "--protocol", "wrong"], "unknown protocol 'wrong'"),
    (["evaluate", "hondo-nano", "--root", ".", "--align", "wrong"], "unknown alignment"),
    (["export", "hondo-nano", "--to", "onnx", "--out", "x", "--check", "gone.png"], "gone.png: no such file"),
    (["train", "video", "--data", "missing.mp4"], "missing.mp4: no such file"),
    (["train", "video", "--data", "PHOTO", "--model.name", "nosuch"], "unknown model 'nosuch'"),
    (["train", "video"], "needs files; give --data PATH"),
    (["train", "video", "--data", "PHOTO", "--out", "RUN"], "RUN holds a run already"),
    (["doctor", "missing.mp4"], "missing.mp4: no such file"),
    (["live", "missing.mp4"], "missing.mp4: no such camera, file or folder"),
    (["live", "clip", "--model", "gone.safetensors"], "model gone.safetensors: no such file or folder"),
    (["serve", "--model", "nosuch"], "unknown model 'nosuch'"),
    (["serve", "--model", "runs/gone"], "model runs/gone: no such file or folder"),
    (["odometry", "missing.mp4"], "missing.mp4: no such file"),
    (["odometry", "PHOTO", "--truth", "gone.tum"], "gone.tum: no such file"),
    (["fuse", "missing.mp4", "--out", "mesh.ply"], "missing.mp4: no such file"),
    (["fuse", "PHOTO", "--out", "PHOTO/mesh.ply"], "cannot write PHOTO/mesh.ply"),
    (
        ["scale", "hondo-nano", "--from", "height=1.6", "--images", "gone", "--out", "x.safetensors"],
        "gone: no such file",
    ),
    (["distil", "--teacher", "hondo-small", "--student", "gone.pt", "--data", "PHOTO", "--out", "x"], "model gone.pt"),
    (["fit", "hondo-nano", "--fps", "30", "--data", "gone", "--out", "x"], "gone: no such file"),
    (["compress", "gone.safetensors", "--steps", "int8", "--out", "x"], "model gone.safetensors: no such file"),
    (["study", "nosuch"], "unknown study 'nosuch'"),
    (["study", "gone.toml"], "gone.toml: no such file"),
]
SCRIPT = """
import sys
from hondo.cli.main import main
for line in sys.stdin.read().splitlines():
    code = main(line.split("\\t"))
    assert code == 2, (line, code)
    assert "torch" not in sys.modules, line
"""


def test_each_costs_no_import_of_torch(tmp_path: Path) -> None:
    """All in one process, which ends at the first that imports torch."""
    photo, run = tmp_path / "photo.jpg", tmp_path / "run"
    photo.write_bytes(b"")
    (run / "checkpoints").mkdir(parents=True)
    (run / "checkpoints" / "last.state").touch()
    place = {"PHOTO": str(photo), "RUN": str(run)}
    replaced = lambda text: text.replace("PHOTO", place["PHOTO"]).replace("RUN", place["RUN"])  # noqa: E731
    lines = "\n".join("\t".join(map(replaced, words)) for words, _ in WRONG)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=lines, capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    said = done.stderr.splitlines()
    assert len(said) == len(WRONG)
    for line, (_, expected) in zip(said, WRONG, strict=True):
        assert replaced(expected) in line


def test_help_lists_what_can_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert all(name in shown for name in (*PROTOCOLS, *BASELINES, *LAYOUTS))
