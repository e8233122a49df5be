"""``hondo fleet``: what is refused, what is asked, and the files that check writes."""

import io
import json
import time
from pathlib import Path

import pytest

from hondo.cli.main import main
from tests.fleet.deploy.random_fleets import DIGEST

yaml = pytest.importorskip("yaml")
pytest.importorskip("ray", reason="the extra fleet is not installed")
CLOUD = {
    "name": "depth", "provider": "aws", "region": "us-east-1", "instance": "g5.xlarge", "max_workers": 2,
    "image": f"127.0.0.1:1/me/hondo@sha256:{DIGEST}", "bucket": "s3://depth/runs", "budget_hours": 2,
}  # fmt: skip


def fleet_file(folder: Path, stated: dict) -> str:
    (folder / "fleet.yaml").write_text(yaml.safe_dump(stated))
    return str(folder / "fleet.yaml")


def test_check_names_every_fault_and_writes_the_files(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ROLE_ARN"):
        monkeypatch.delenv(name, raising=False)
    assert main(["fleet", "check", fleet_file(tmp_path, CLOUD), "--write", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "ok    cluster file: Ray's validator accepts it" in shown
    assert "FAILS image" in shown and "FAILS credentials: no credentials of aws" in shown
    assert yaml.safe_load((tmp_path / "cluster.yaml").read_text())["cluster_name"] == "depth"
    assert yaml.safe_load((tmp_path / "sky.yaml").read_text())["num_nodes"] == 2


def test_up_asks(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("HONDO_CACHE", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    file = fleet_file(tmp_path, {"name": "here", "provider": "local", "budget_hours": 1})
    assert main(["fleet", "up", file]) == 1
    shown = capsys.readouterr().out
    assert "1 head and 2 workers of 1 CPU" in shown and shown.endswith("start it? [y/N] nothing was started\n")
    for action in ("status", "down", "logs"):
        assert main(["fleet", action, file]) == 2
    assert main(["fleet", "submit", file, "study", "thesis36"]) == 2
    assert "is not up; start it with hondo fleet up" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fleet", "start", "x"], "unknown action 'start'; did you mean status"),
        (["fleet", "check", "none.yaml"], "none.yaml cannot be read"),
        (["study", "thesis36", "--out", "s3://b/x"], "--out s3://b/x: a URL needs --address"),
        (["study", "thesis36", "--address", "nowhere"], "address 'nowhere' must be local, auto, HOST:PORT"),
        (["predict", "x.png", "--address", "local", "--camera", "1,1,1,1"], "--camera is not available with --address"),
    ],
)
def test_what_is_refused(arguments: list[str], said: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_submit_takes_studies_and_predictions_alone(tmp_path: Path, capsys) -> None:
    file = fleet_file(tmp_path, {"name": "here", "provider": "local", "budget_hours": 1})
    assert main(["fleet", "submit", file, "serve"]) == 2
    assert "study STUDY ..., or predict SOURCE" in capsys.readouterr().err


@pytest.mark.slow
def test_a_local_fleet_from_up_to_down(tmp_path: Path, monkeypatch, capsys) -> None:
    """A study is submitted to real processes on loopback, ends, and nothing is left."""
    from hondo.fleet.cluster.loopback import is_alive, read_cluster

    monkeypatch.setenv("HONDO_CACHE", str(tmp_path / "cache"))
    study = {"recipe": "dpt-kitti-tiny", "options": {"optim.lr": [1e-4, 1e-3]}, "by": "loss", "evaluate": False}
    study["set"] = {"optim.max_steps": 2}
    (tmp_path / "mine.json").write_text(json.dumps(study))
    file = fleet_file(tmp_path, {"name": "here", "provider": "local", "budget_hours": 1, "max_workers": 1})
    assert main(["fleet", "up", file, "--yes"]) == 0
    cluster = read_cluster(tmp_path / "cache" / "fleet" / "here" / "cluster.json")
    try:
        out = tmp_path / "out"
        assert main(["fleet", "submit", file, "study", str(tmp_path / "mine.json"), "--out", str(out)]) == 0
        end = time.monotonic() + 150
        while not (out / "report.html").exists() and time.monotonic() < end:
            time.sleep(0.5)
        capsys.readouterr()
        assert main(["fleet", "logs", file]) == 0 and main(["fleet", "status", file]) == 0
        shown = capsys.readouterr().out
        assert "[2/2]" in shown and "1 of 1 workers alive" in shown, shown
        assert len((out / "trials.jsonl").read_text().splitlines()) == 2
    finally:
        assert main(["fleet", "down", file]) == 0
    assert not any(map(is_alive, (cluster.head, *cluster.workers)))
