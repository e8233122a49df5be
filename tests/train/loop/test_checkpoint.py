import json
import os
import random

import numpy as np
import pytest
import torch

from hondo.train.loop.checkpoint import Metrics, RunFolder, rng_state, seed_everything, set_rng_state
from hondo.train.loop.state_file import from_bytes, to_bytes


def test_state_survives(tmp_path):
    run = RunFolder(tmp_path)
    run.create()
    assert not run.is_started
    run.save_state({"step": 3})
    assert run.is_started and run.load_state() == {"step": 3}
    assert os.listdir(run.checkpoints) == ["last.state"]


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path, monkeypatch):
    run = RunFolder(tmp_path)
    run.save_state({"step": 1})

    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ValueError, match="No space left on device; the checkpoint before it is untouched"):
        run.save_state({"step": 2})
    assert run.load_state() == {"step": 1}


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="give another out"):
        RunFolder(tmp_path / "file" / "run").create()


def test_metrics_after_the_checkpoint_are_dropped(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"ste')  # killed while writing
    metrics = Metrics(path, resume_at=2)
    metrics.write({"step": 3, "loss": 0.5})
    metrics.close()
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [1, 2, 3]
    Metrics(path, resume_at=None).close()
    assert path.read_text() == ""


def draw():
    return random.random(), np.random.rand(), np.random.randn(), torch.rand(()).item()


def test_the_state_survives_a_file_and_the_seed_decides():
    before = rng_state()
    try:
        seed_everything(7)
        first = draw()
        state = to_bytes(rng_state())
        expected = draw()
        draw()
        set_rng_state(from_bytes(state, name="x"))
        assert draw() == expected
        seed_everything(7)
        assert draw() == first
    finally:
        set_rng_state(before)
