"""hondo data as it is typed."""

from pathlib import Path

import pytest

from hondo.cli.main import main
from hondo.data.datasets.embedded_clip import embedded_clip
from tests.contracts.dataset_trees import TREES


def test_check(capsys: pytest.CaptureFixture):
    options = ["--root", str(embedded_clip().folder), "--every", "24"]
    assert main(["data", "check", "--data", "frames", *options, "--data-option", "with_depth=false"]) == 0
    out = capsys.readouterr().out
    assert "samples          4 (0 cannot be used)" in out and "384x256" in out


def test_check_finds_broken_rows(tmp_path: Path, capsys: pytest.CaptureFixture):
    (tmp_path / "manifest.csv").write_text("image,depth,divide_by\na.png,b.png,1000\n")
    assert main(["data", "check", "--root", str(tmp_path)]) == 1
    assert "1 cannot be used" in capsys.readouterr().out


def test_splits(tmp_path: Path, capsys: pytest.CaptureFixture):
    (tmp_path / "train_files.txt").write_text("d 1 l\nd 2 l")
    (tmp_path / "test_files.txt").write_text("d 3 l")
    assert main(["data", "splits", str(tmp_path)]) == 0
    assert "train_files         2       1" in capsys.readouterr().out
    (tmp_path / "test_files.txt").write_text("d 2 r")
    assert main(["data", "splits", str(tmp_path)]) == 1
    assert "share 1 images" in capsys.readouterr().out


def test_synth(tmp_path: Path, capsys: pytest.CaptureFixture):
    arguments = ["data", "synth", "--out", str(tmp_path), "--count", "2", "--data-option", "size_hw=32,48"]
    assert main(arguments) == 0
    assert main(["data", "check", "--root", str(tmp_path)]) == 0
    assert "with depth       2" in capsys.readouterr().out
    assert main([*arguments[:4], "--count", "0"]) == 2


def test_wrong_root(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert main(["data", "check", "--root", str(tmp_path / "nowhere")]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err


def test_pack_then_check_the_shards(tmp_path: Path, capsys: pytest.CaptureFixture):
    packed = str(tmp_path / "packed")
    options = ["--data", "synthetic", "--data-option", "length=2", "--data-option", "size_hw=32,48"]
    assert main(["data", "pack", "--out", packed, *options]) == 0
    assert f"2 samples in 1 shards, 0.0 MB: {packed}" in capsys.readouterr().out
    assert main(["data", "check", "--root", packed]) == 0
    out = capsys.readouterr().out
    assert "with depth       2" in out and "packed samples of hondo data pack (read as 'shards')" in out
    assert main(["data", "pack", "--out", packed, *options]) == 2
    assert "holds packed data already; give another --out" in capsys.readouterr().err


def test_published_data_sets(tmp_path: Path, capsys: pytest.CaptureFixture):
    TREES["kitti"](tmp_path)
    assert main(["data", "list"]) == 0 and main(["data", "list", "kitti"]) == 0
    out = capsys.readouterr().out
    assert "kitti-odometry   metric" in out and "encoding      16-bit PNG: depth = stored / 256" in out
    assert main(["data", "check", "kitti", "--root", str(tmp_path)]) == 0
    assert "depth            1.125 to 12.875 m, median 7.000 m" in capsys.readouterr().out
    assert main(["data", "show", "kitti", "--root", str(tmp_path), "--out", str(tmp_path / "s.png")]) == 0
    assert (tmp_path / "s.png").exists()
    assert main(["data", "check", "kitti", "--root", str(tmp_path / "2011_09_26")]) == 2
    assert f"give --root {tmp_path}" in capsys.readouterr().err
    assert main(["data", "check", "kitti", "--root", str(tmp_path), "--split", "eigen/test"]) == 2
    assert "give --lists FOLDER" in capsys.readouterr().err


def test_published_splits(capsys: pytest.CaptureFixture):
    assert main(["data", "splits"]) == 0
    assert "eigen_full/train      kitti           45200   44570" in capsys.readouterr().out
