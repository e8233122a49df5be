"""Ctrl-C: the first asks, the second stops."""

import itertools
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.train.loggers.registry import LOGGERS
from hondo.train.loop.loop import Hooks, fit, stop_on_signals
from hondo.train.loop.loop_config import FabricConfig, LoopConfig, OptimConfig
from hondo.train.loop.training import NotFiniteError

# In a process of its own: a signal that arrives late would end the process that runs the tests.
PROGRAM = """
import signal
from hondo.train.loop.loop import stop_on_signals
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGINT, signal.SIGTERM):
    before = signal.getsignal(number)
    try:
        with stop_on_signals() as stop:
            assert not stop.is_requested
            signal.raise_signal(number)
            assert stop.is_requested
            signal.raise_signal(number)
    except KeyboardInterrupt:
        assert signal.getsignal(number) is before
        print("stopped by", number.name)
"""


def test_the_first_asks_the_second_stops():
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "stopped by SIGINT\nstopped by SIGTERM\n"), ended.stderr


def test_other_threads_leave_signals_alone():
    found = []

    def use():
        with stop_on_signals() as stop:
            found.append(stop.is_requested)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert found == [False]


CPU = FabricConfig(accelerator="cpu")
OPTIM = OptimConfig(lr=3e-2, max_steps=12, ema_decay=0.9, accumulate=2, schedule="onecycle")
LOOP = LoopConfig(log_every=4, checkpoint_every=5, validate_every=5, show_progress=False)


class Interrupted(Exception):
    pass


class Cut:
    """Batches that end in an error or a signal after a number of them: a run that is killed."""

    def __init__(self, source, *, after, signal_number=None):
        self.source, self.after, self.signal_number = source, after, signal_number

    def __iter__(self):
        for number, batch in enumerate(self.source):
            if number == self.after:
                if self.signal_number is None:
                    raise Interrupted
                signal.getsignal(self.signal_number)(self.signal_number, None)
            yield batch

    def state_dict(self):
        return self.source.state_dict()

    def load_state_dict(self, state):
        self.source.load_state_dict(state)


def weights(fitted):
    return [value.clone() for value in fitted.model.state_dict().values()]


def records(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_learns_a_tiny_problem(objective, batches, tmp_path):
    optim = OptimConfig(lr=3e-2, max_steps=150, ema_decay=0.9)
    fitted = fit(objective(), batches(augment=None, workers=0), optim=optim, loop=LOOP, setup=CPU, folder=tmp_path)
    log = records(tmp_path)
    assert fitted.steps == 150 and fitted.images == 600
    assert fitted.loss < 0.1 * log[0]["loss"] and fitted.loss < 0.05
    assert log[-1].keys() >= {"step", "seconds", "loss", "scale_invariant", "lr", "images_per_s", "images"}


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize("after", [13, 19])  # batches: mid-epoch, mid-accumulation, after the checkpoint of step 5
def test_resume_is_bit_for_bit(objective, batches, tmp_path, precision, after):
    setup = FabricConfig(accelerator="cpu", precision=precision)
    whole = fit(objective(), batches(), optim=OPTIM, loop=LOOP, setup=setup, folder=tmp_path / "whole")
    cut = Cut(batches(), after=after)
    with pytest.raises(Interrupted):
        fit(objective(), cut, optim=OPTIM, loop=LOOP, setup=setup, folder=tmp_path / "cut")
    torch.manual_seed(99)  # another process
    resumed = fit(objective(), batches(), optim=OPTIM, loop=LOOP, setup=setup, folder=tmp_path / "cut", resume=True)
    assert all(map(torch.equal, weights(whole), weights(resumed)))
    assert (
        [r["step"] for r in records(tmp_path / "cut")] == [r["step"] for r in records(tmp_path / "whole")] == [4, 8, 12]
    )
    assert resumed.images == whole.images == 12 * 2 * 4


def test_ctrl_c_saves_and_resumes(objective, batches, tmp_path, capsys):
    before = signal.getsignal(signal.SIGINT)
    whole = fit(objective(), batches(), optim=OPTIM, loop=LOOP, setup=CPU)
    with pytest.raises(KeyboardInterrupt):
        interrupted = Cut(batches(), after=14, signal_number=signal.SIGINT)
        fit(objective(), interrupted, optim=OPTIM, loop=LOOP, setup=CPU, folder=tmp_path)
    assert f"stopped at step 8; continue with: hondo train --resume {tmp_path}" in capsys.readouterr().err
    resumed = fit(objective(), batches(), optim=OPTIM, loop=LOOP, setup=CPU, folder=tmp_path, resume=True)
    assert all(map(torch.equal, weights(whole), weights(resumed)))
    assert signal.getsignal(signal.SIGINT) is before


class Diverging(nn.Module):
    """Wraps an objective; its loss is not finite at one call."""

    def __init__(self, inner, *, at):
        super().__init__()
        self.inner, self.at, self.calls = inner, at, 0

    @property
    def model(self):
        return self.inner.model

    def forward(self, batch):
        self.calls += 1
        loss, parts = self.inner(batch)
        return (loss * torch.nan if self.calls == self.at else loss), parts


def test_a_loss_that_is_not_finite_stops_and_leaves_a_resumable_run(objective, batches, tmp_path):
    with pytest.raises(NotFiniteError, match=r"not finite at step 8 .*can be resumed .*lower optim.lr"):
        fit(Diverging(objective(), at=17), batches(), optim=OPTIM, loop=LOOP, setup=CPU, folder=tmp_path)
    resumed = fit(
        Diverging(objective(), at=0), batches(), optim=OPTIM, loop=LOOP, setup=CPU, folder=tmp_path, resume=True
    )
    assert resumed.steps == 12 and all(value.isfinite().all() for value in weights(resumed))


def test_a_gradient_that_is_not_finite_stops(objective, batches):
    made = objective()
    made.model.network[0].weight.register_hook(lambda gradient: gradient * torch.inf)
    with pytest.raises(NotFiniteError, match="step 0"):
        fit(made, batches(), optim=OPTIM, loop=LOOP, setup=CPU)


def test_time_budget_ends_the_run_and_drives_the_schedule(objective, batches):
    optim = OptimConfig(lr=1e-2, max_steps=10**9, max_seconds=0.3)
    fitted = fit(objective(), batches(), optim=optim, loop=LOOP, setup=CPU)
    assert 0.3 <= fitted.seconds < 3 and 0 < fitted.steps < 10**5


def test_accumulation_equals_the_larger_batch(objective, batches):
    class Plain(nn.Module):  # no batch norm, every pixel valid: the mean of means is the mean
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.model = nn.Conv2d(3, 1, 1)

        def forward(self, batch):
            loss = (self.model(batch.image) - batch.depth_gt).square().mean()
            return loss, {"l2": loss.detach()}

    def trained(batch_size, accumulate):
        optim = OptimConfig(name="sgd", lr=0.1, max_steps=2, accumulate=accumulate, clip_norm=None)
        source = batches(batch_size=batch_size, shuffle=False, augment=None)
        return fit(Plain(), source, optim=optim, loop=LOOP, setup=CPU).model.weight

    torch.testing.assert_close(trained(4, 1), trained(2, 2))


def test_hooks_see_the_average_and_write(objective, batches, tmp_path):
    seen = []
    scores = itertools.count(5, -1)

    def validate(model):
        seen.append(model.training)
        return {"abs_rel": float(next(scores))}

    hooks = Hooks(
        validate=validate,
        export=lambda model, path: path.write_text(str(model.training)),
        image=lambda model, path: path.write_text("picture"),
    )
    loop = LoopConfig(log_every=4, checkpoint_every=5, validate_every=5, picture_every=6, show_progress=False)
    fitted = fit(objective(), batches(), optim=OPTIM, loop=loop, setup=CPU, folder=tmp_path, hooks=hooks)
    assert seen == [False] * 3 and fitted.best == 3.0
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {
        "metrics.jsonl",
        "checkpoints/last.state",
        "checkpoints/before.state",
        "checkpoints/last.safetensors",
        "checkpoints/best.safetensors",
        "samples/000006.jpg",
        "samples/000012.jpg",
    }
    assert [record["val_abs_rel"] for record in records(tmp_path) if "val_abs_rel" in record] == [5, 4, 3]


def test_a_failed_first_batch_leaves_no_run(objective, batches, tmp_path):
    hooks = Hooks(started=lambda: (tmp_path / "run" / "recipe.json").write_text("{}"))
    for hook in (None, hooks):
        with pytest.raises(Interrupted):
            fit(
                objective(),
                Cut(batches(), after=0),
                optim=OPTIM,
                loop=LOOP,
                setup=CPU,
                folder=tmp_path / "run",
                hooks=hook,
            )
        assert not (tmp_path / "run").exists()


def test_refuses_to_overwrite_a_run(objective, batches, tmp_path):
    fit(objective(), batches(), optim=OPTIM, loop=LOOP, setup=CPU, folder=tmp_path)
    with pytest.raises(ValueError, match="holds a run already; continue it with resume="):
        fit(objective(), batches(), optim=OPTIM, loop=LOOP, setup=CPU, folder=tmp_path)


def test_refuses_to_resume_nothing(objective, batches, tmp_path):
    with pytest.raises(ValueError, match="not a run that can be resumed"):
        fit(objective(), batches(), optim=OPTIM, loop=LOOP, setup=CPU, folder=tmp_path, resume=True)


def test_a_run_killed_at_any_moment_resumes(tmp_path):
    """SIGKILL while it writes a checkpoint every step: the state on disk is always whole."""
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import sys
            sys.path.insert(0, {str(os.path.dirname(os.path.dirname(__file__)))!r})
            from conftest import tiny_model, tiny_samples, stack, noisy
            from hondo.data.loading.batches import ShuffledBatches
            from hondo.train.loop.loop_config import *
            from hondo.train.loop.loop import fit
            from hondo.train.objectives.objective_config import SupervisedConfig
            from hondo.train.objectives.supervised import Supervised
            source = ShuffledBatches(tiny_samples(), batch_size=4, collate=stack, augment=noisy, workers=0)
            loop = LoopConfig(checkpoint_every=1, log_every=1, show_progress=False)
            fit(Supervised(tiny_model(), SupervisedConfig()), source, optim=OptimConfig(max_steps=10**6), loop=loop,
                setup=FabricConfig(accelerator="cpu"), folder=sys.argv[1], resume=len(sys.argv) > 2)
            """
        )
    )
    folder = tmp_path / "run"
    steps = []
    for options in ([], ["resume"]):
        process = subprocess.Popen([sys.executable, str(script), str(folder), *options], stderr=subprocess.PIPE)
        target = (steps[-1] if steps else 0) + 5
        while process.poll() is None and not ((folder / "metrics.jsonl").exists() and _last_step(folder) > target):
            time.sleep(0.02)
        process.kill()
        assert b"Error" not in process.communicate()[1]
        steps.append(_last_step(folder))
    assert steps[1] > steps[0] >= 5


def _last_step(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()[:-1]  # the last may be cut off
    return json.loads(lines[-1])["step"] if lines else 0


def test_records_go_to_every_logger_and_hold_rates_and_load(objective, batches, tmp_path, monkeypatch):
    taken = []

    class Logger:
        def __init__(self, facts):
            taken.append((facts.name, facts.config, facts.resume_at))

        def scalars(self, values, *, step):
            taken.append((step, values))

        def image(self, path, *, step):
            taken.append((step, path))

        def close(self):
            taken.append("closed")

    monkeypatch.setitem(LOGGERS._entries, "ours", Logger)
    loop = LoopConfig(log_every=2, picture_every=2, show_progress=False, log=("ours",))
    optim = OptimConfig(lr=1e-3, max_steps=2, clip_norm=None, clip_value=0.1, lr_factors={"network": 0.5})
    hooks = Hooks(image=lambda model, path: path, name="tiny", config={"seed": 1})
    fit(objective(), batches(), optim=optim, loop=loop, setup=CPU, folder=tmp_path, hooks=hooks)
    assert taken[0] == ("tiny", {"seed": 1}, None) and taken[-1] == "closed"
    step, values = taken[1]
    assert step == 2 and records(tmp_path) == [{"step": 2} | values]
    assert values["grad_norm"] > 0 and values["lr_x0.5"] == values["lr"] / 2 and values["memory_mb"] > 1
    assert taken[2] == (2, tmp_path / "samples" / "000002.jpg")


def test_a_logger_that_cannot_be_opened_leaves_no_run(objective, batches, tmp_path):
    with pytest.raises(HondoError, match="unknown logger 'wandbb'"):
        loop = LoopConfig(log=("wandbb",), show_progress=False)
        fit(objective(), batches(), optim=OPTIM, loop=loop, setup=CPU, folder=tmp_path / "run")
    assert not (tmp_path / "run").exists()
