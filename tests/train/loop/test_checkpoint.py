import json
import os
import random

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError, HondoWarning
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


def with_two_states(path):
    run = RunFolder(path)
    run.create()
    for step in (1, 2):
        run.save_state({"step": step, "weights": torch.full((64,), float(step))})
    return run


@pytest.mark.parametrize("damage", ["flip", "page", "cut", "empty", "removed"])
def test_a_damaged_state_is_told_and_the_one_before_it_is_taken(tmp_path, damage):
    run = with_two_states(tmp_path)
    content = bytearray(run.state.read_bytes())
    content[-100] ^= 0x40
    zeroed = bytes(content[:-128]) + bytes(128)
    changed = {"flip": bytes(content), "page": zeroed, "cut": content[:-7], "empty": b""}
    run.state.unlink() if damage == "removed" else run.state.write_bytes(changed[damage])
    with pytest.warns(HondoWarning, match=r"last\.state .*; the run goes on from the state before it, .*before\.state"):
        state = run.load_state()
    assert state["step"] == 1 and run.is_started


def test_two_damaged_states_are_refused(tmp_path):
    run = with_two_states(tmp_path)
    for file in (run.state, run.state_before):
        file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(HondoError, match=r"last\.state is not a training state of hondo, or is damaged"):
        run.load_state()


def test_what_killed_runs_left_goes_at_the_start(tmp_path):
    run = with_two_states(tmp_path)
    left = run.checkpoints / ".00000000-77-00000000.tmp.state"
    left.touch()
    os.utime(left, (0, 0))
    run.create()
    assert sorted(os.listdir(run.checkpoints)) == ["before.state", "last.state"]


def test_a_state_that_was_removed_meanwhile_is_said(tmp_path):
    run = with_two_states(tmp_path)
    run.state.unlink()
    with pytest.warns(HondoWarning, match=r"last\.state was removed while the run was going"):
        run.save_state({"step": 3})
    assert run.load_state() == {"step": 3}


def test_metrics_that_were_removed_meanwhile_begin_anew(tmp_path):
    metrics = Metrics(tmp_path / "run" / "metrics.jsonl", resume_at=None)
    metrics.write({"step": 1})
    (tmp_path / "run" / "metrics.jsonl").unlink()
    with pytest.warns(HondoWarning, match="was removed while the run was going"):
        metrics.write({"step": 2})
    metrics.close()
    assert (tmp_path / "run" / "metrics.jsonl").read_text() == '{"step": 2}\n'


@pytest.mark.parametrize("line", ["[" * 100_000, "null", "[1]", '{"step": "x"}', '{"step": true}', "1" * 5000, "\0"])
def test_lines_that_are_no_records_are_dropped(tmp_path, line):
    path = tmp_path / "metrics.jsonl"
    path.write_text(f'{{"step": 1}}\n{line}\n')
    Metrics(path, resume_at=3).close()
    assert path.read_text() == '{"step": 1}\n'


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
