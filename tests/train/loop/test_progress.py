import io
import warnings

import pytest
import torch

from hondo.core.errors import HondoWarning
from hondo.train.loop.progress import (
    Bar,
    Lines,
    LossWatch,
    Meter,
    Progress,
    describe,
    make_progress,
)

STATE = {"fraction": 0.5, "step": 10, "loss": 0.25, "images_per_s": 12.34, "seconds_left": 61.0}


def test_says_loss_rate_and_time_left():
    assert describe(10, 0.25, 12.34, 61.0) == "step 10  loss 0.2500  12.3 images/s  1:01 left"
    assert describe(1, 1, 1, 3661).endswith("1:01:01 left")


def test_lines_now_and_then_where_there_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    with make_progress(show=True) as lines:
        assert type(lines) is Lines
        lines.update(**STATE)
        lines.update(**STATE)
    assert capsys.readouterr().err.count("step 10") == 1


def test_a_bar_on_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stderr", Terminal())
    with make_progress(show=True) as bar:
        assert type(bar) is Bar
        bar.update(**STATE)
    assert type(make_progress(show=False)) is Progress


def test_means_since_the_last_reading():
    meter = Meter()
    meter.add(torch.tensor(1.0), {"a": torch.tensor(4.0)}, images=2)
    meter.add(torch.tensor(3.0), {"a": torch.tensor(8.0)}, images=2)
    first = meter.read()
    assert (first["loss"], first["a"]) == (2.0, 6.0) and first["images_per_s"] > 0
    meter.add(torch.tensor(5.0), {"a": torch.tensor(0.0)}, images=2)
    assert meter.read()["loss"] == 5.0


def test_a_photometric_error_of_zero_or_that_does_not_fall_is_one_warning():
    with pytest.warns(UserWarning, match="no pixel counts") as seen:
        watch = LossWatch()
        for _ in range(3):
            watch.observe({"photometric": 0.0}, is_last=False)
    assert len(seen) == 1
    for values, count in ([0.2] * 9, 1), ([0.3 - 0.01 * number for number in range(9)], 0), ([0.2] * 5, 0):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            watch = LossWatch()
            for number, value in enumerate(values):
                watch.observe({"photometric": value}, is_last=number == len(values) - 1)
        assert len(seen) == count


def test_a_dead_network_is_said_once() -> None:
    watch = LossWatch()
    watch.observe({"loss": 0.7, "grad_norm": 1.2}, is_last=False)
    with pytest.warns(HondoWarning, match="the gradient is zero") as seen:
        watch.observe({"loss": 0.7, "grad_norm": 0.0}, is_last=False)
        watch.observe({"loss": 0.7, "grad_norm": 0.0}, is_last=True)
    assert len(seen) == 1
