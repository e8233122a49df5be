import math

import pytest
import torch
from torch import nn

from hondo.train.loop.loop_config import OptimConfig
from hondo.train.loop.optim import lr_scale, make_optimizer, set_lr


def test_exact_schedules():
    constant, step = OptimConfig(schedule="constant", warmup=0.0), OptimConfig(schedule="step", warmup=0.0)
    cosine, onecycle = OptimConfig(schedule="cosine", warmup=0.1), OptimConfig(schedule="onecycle")
    assert [lr_scale(constant, p) for p in (0, 0.5, 1)] == [1, 1, 1]
    assert [lr_scale(step, p) for p in (0, 0.74, 0.75, 1)] == [1, 1, 0.1, 0.1]
    assert lr_scale(cosine, 0.05) == 0.5 and lr_scale(cosine, 0.1) == 1
    assert lr_scale(cosine, 0.55) == pytest.approx(0.5) and lr_scale(cosine, 1) == pytest.approx(0)
    assert lr_scale(onecycle, 0) == pytest.approx(1 / 25) and lr_scale(onecycle, 0.3) == pytest.approx(1)
    assert lr_scale(onecycle, 1) == pytest.approx(1e-4 / 25)


def test_onecycle_is_that_of_torch():
    steps = 1000  # torch counts from the first step to the one before the last: nearly the same
    parameter = nn.Parameter(torch.zeros(()))
    reference = torch.optim.SGD([parameter], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(reference, 1.0, total_steps=steps + 1, cycle_momentum=False)
    for step in range(steps):
        reference.step()
        progress = step / steps
        assert lr_scale(OptimConfig(schedule="onecycle"), progress) == pytest.approx(
            schedule.get_last_lr()[0], abs=0.02
        )
        schedule.step()


@pytest.mark.parametrize("schedule", ["constant", "cosine", "onecycle", "step"])
def test_rates_stay_between_0_and_1(schedule):
    config = OptimConfig(schedule=schedule)
    rates = [lr_scale(config, number / 200) for number in range(-5, 210)]
    assert all(0 <= rate <= 1 and math.isfinite(rate) for rate in rates)


def test_groups_and_their_rates():
    module = nn.ModuleDict({"encoder": nn.Linear(2, 3), "pose": nn.Linear(3, 1), "frozen": nn.Linear(1, 1)})
    module["frozen"].requires_grad_(False)
    config = OptimConfig(
        lr=0.1, lr_factors={"encoder": 0.5, "pose": 10.0}, weight_decay=0.2, schedule="constant", warmup=0.0
    )
    optimizer = make_optimizer(module, config)
    assert set_lr(optimizer, config, progress=0.5) == 0.1
    found = {
        tuple(p.shape): (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for p in group["params"]
    }
    assert found == {(3, 2): (0.05, 0.2), (3,): (0.05, 0.0), (1, 3): (1.0, 0.2), (1,): (1.0, 0.0)}


@pytest.mark.parametrize(
    ("name", "kind"), [("adamw", torch.optim.AdamW), ("adam", torch.optim.Adam), ("sgd", torch.optim.SGD)]
)
def test_optimisers(name, kind):
    assert type(make_optimizer(nn.Linear(1, 1), OptimConfig(name=name))) is kind
