"""``hondo doctor`` as users type it, and ``hondo train`` on what it writes."""

import json
from pathlib import Path

import cv2
import pytest

from hondo.cli.main import main
from hondo.data.datasets.embedded_clip import embedded_clip


def some_frames(folder: Path, *, count: int = 7) -> Path:
    images = sorted(embedded_clip().images.iterdir())[:count]
    folder.mkdir()
    for path in images:
        cv2.imwrite(str(folder / path.name), cv2.resize(cv2.imread(str(path)), (192, 128)))
    return folder


@pytest.mark.slow
def test_a_clip_is_examined_and_trained_on(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    clip, out = some_frames(tmp_path / "clip"), tmp_path / "out"
    assert main(["doctor", str(clip), "--out", str(out), "--camera", "176,176,96,60"]) == 0
    shown = capsys.readouterr().out
    assert (
        "fit to train on" in shown
        and "yes" in shown
        and max(len(line) for line in shown.splitlines() if line[0] == "│") <= 80
    )
    stored = json.loads((out / "dataset.json").read_text())
    assert stored["clips"][0]["camera"] == [176, 176, 96, 60]
    run = ["train", "video", "--data", str(out / "dataset.json"), "--out", str(tmp_path / "run")]
    tiny = ["--optim.max-steps", "1", "--batches.batch-size", "1", "--data.size-hw", "64", "96"]
    assert main([*run, *tiny, "--data.stop", "6"]) == 0
    assert (tmp_path / "run" / "checkpoints" / "last.safetensors").exists()


def test_what_is_missing_is_one_line(tmp_path: Path, capsys):
    assert main(["doctor", str(tmp_path / "none.mp4")]) == 2
    assert "none.mp4: no such file, folder or pattern" in capsys.readouterr().err
    assert main(["doctor"]) == 2


def test_a_clip_is_examined(tmp_path: Path, capsys):
    clip, out = some_frames(tmp_path / "clip", count=3), tmp_path / "out"
    assert main(["doctor", str(clip), "--out", str(out), "--camera", "176,176,96,60"]) == 0
    assert "fit to train on" in capsys.readouterr().out and (out / "dataset.json").is_file()
