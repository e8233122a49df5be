"""Batch prediction on Ray: every part once, also when a worker is killed; the same call does only what is missing."""

import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from hondo.engines.load import ModelSettings
from hondo.fleet.batch.predict_on_ray import BatchJob, predict_on
from hondo.video.predict.outputs import OutputConfig
from tests.fleet.batch.test_parts import images

pytestmark = [pytest.mark.slow]
pytest.importorskip("ray", reason="the extra fleet is not installed")


def test_a_killed_worker_loses_nothing_and_writes_nothing_twice(tmp_path: Path) -> None:
    found = images(tmp_path / "in", 24)
    settings = ModelSettings(engine="torch", size_hw=(32, 32), threads=1, precision="fp32")
    job = BatchJob(
        model="hondo-nano", settings=settings, output=OutputConfig(out=tmp_path / "none"), out=str(tmp_path / "out")
    )
    killed = []

    def kill_one(line, done: int, total: int) -> None:
        if not killed:
            killed.append(int(line.host.rpartition(":")[2]))
            os.kill(killed[0], signal.SIGKILL)

    result = predict_on("local", [str(tmp_path / "in")], job, workers=2, part_size=2, on_part=kill_one)
    assert killed and result.images == 24 and result.failed == 0 and len(result.parts) == 12
    lines = [json.loads(line) for line in (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()]
    assert Counter(line["part"] for line in lines) == Counter(f"part-{number:06d}" for number in range(12))
    items = json.loads((tmp_path / "out" / "predictions.json").read_text())["items"]
    assert sorted(item["source"] for item in items) == found
    assert len(list((tmp_path / "out").rglob("*.depth.png"))) == 24
    assert not list((tmp_path / "out").glob(".part*"))
    again = predict_on("local", [str(tmp_path / "in")], job, workers=2, part_size=2)
    assert again.new == 0 and again.images == 24
