import math
from copy import deepcopy

import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.train.loop.loop_config import OptimConfig
from hondo.train.loop.optim import MuonAndAdamW, is_matrix, layer_factors, lr_scale, make_optimizer, set_lr


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


@pytest.mark.parametrize("schedule", ["constant", "cosine", "onecycle", "polynomial", "step"])
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


def test_what_is_a_matrix():
    assert is_matrix(nn.Conv2d(16, 32, 3).weight) and is_matrix(nn.Linear(16, 16).weight)
    depthwise, head = nn.Conv2d(32, 32, 3, groups=32).weight, nn.Conv2d(32, 1, 3).weight
    assert not any(is_matrix(p) for p in (depthwise, head, nn.Linear(16, 16).bias, nn.BatchNorm2d(64).weight))


def test_the_first_step_of_everything_else_is_that_of_adamw():
    ours, theirs = (nn.Linear(3, 2) for _ in range(2))
    theirs.load_state_dict(ours.state_dict())
    optimizers = [make_optimizer(m, OptimConfig(name=n, lr=0.01)) for m, n in ((ours, "muon"), (theirs, "adamw"))]
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(3))
    for _ in range(3):
        for layer, optimizer in zip((ours, theirs), optimizers, strict=True):
            optimizer.zero_grad()
            layer(x).square().sum().backward()
            optimizer.step()
    torch.testing.assert_close(ours.weight, theirs.weight)


def test_steps_of_matrices_have_the_stated_size_and_go_downhill():
    layer = nn.Conv2d(16, 16, 3, bias=False)
    optimizer = make_optimizer(layer, OptimConfig(name="muon", lr=0.05, weight_decay=0.0))
    x = torch.randn(4, 16, 6, 6, generator=torch.Generator().manual_seed(4))
    before, losses = layer.weight.detach().clone(), []
    for step in range(20):
        optimizer.zero_grad()
        loss = layer(x).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
        if step == 0:
            assert 0.5 < float((layer.weight.detach() - before).square().mean().sqrt()) / (0.05 * 0.2) < 1.3
    assert losses[-1] < 0.2 * losses[0], losses


def test_its_state_goes_on_where_it_stopped():
    x = torch.randn(4, 16, generator=torch.Generator().manual_seed(5))

    def trained(steps: int, layer: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            layer(x).square().mean().backward()
            optimizer.step()

    config = OptimConfig(name="muon", lr=0.01)
    layer, resumed = nn.Linear(16, 16), nn.Linear(16, 16)
    optimizer, other = make_optimizer(layer, config), make_optimizer(resumed, config)
    trained(2, layer, optimizer)
    resumed.load_state_dict(layer.state_dict())
    other.load_state_dict(deepcopy(optimizer.state_dict()))
    trained(2, layer, optimizer)
    trained(2, resumed, other)
    assert torch.equal(layer.weight, resumed.weight) and isinstance(other, MuonAndAdamW)


def test_a_state_of_the_earlier_muon_is_refused_in_one_line():
    earlier = {"state": {0: {"momentum": torch.zeros(16, 16)}}, "param_groups": [{"is_matrix": True, "params": [0]}]}
    with pytest.raises(HondoError, match=r"Muon of an earlier hondo, .*start a new run"):
        make_optimizer(nn.Linear(16, 16), OptimConfig(name="muon")).load_state_dict(earlier)


def test_kernels_are_stepped_as_matrices_whatever_their_memory_format():
    plain = nn.Conv2d(16, 16, 3)
    strided = deepcopy(plain).to(memory_format=torch.channels_last)
    x = torch.randn(2, 16, 6, 6, generator=torch.Generator().manual_seed(6))
    for layer in (plain, strided):
        optimizer = make_optimizer(layer, OptimConfig(name="muon", lr=0.05))
        layer(x).square().mean().backward()
        optimizer.step()
    torch.testing.assert_close(plain.weight, strided.weight.contiguous(), rtol=0.02, atol=1e-4)


def test_polynomial_schedule_after_its_warmup():
    config = OptimConfig(schedule="polynomial", warmup=0.2)
    assert lr_scale(config, 0.1) == 0.5 and lr_scale(config, 0.2) == 1 and lr_scale(config, 1) == 0
    assert lr_scale(config, 0.6) == pytest.approx(0.5**0.9)


def test_rates_fall_block_by_block_towards_the_image():
    names = [
        "model.network.encoder.pos_embed",
        "model.network.encoder.blocks.0.mlp.weight",
        "model.network.encoder.blocks.2.mlp.weight",
        "model.network.encoder.norm.weight",
        "model.network.decoder.blocks.0.weight",
    ]
    assert [*layer_factors(names, 0.5).values()] == [0.125, 0.25, 1.0, 1.0, 1.0]
    assert [*layer_factors(["encoder.layer1.0.weight", "encoder.layer4.0.weight"], 0.5).values()] == [0.125, 1.0]
    assert [*layer_factors(["encoder.stem.weight", "decoder.weight"], 0.5).values()] == [1.0, 1.0]


def test_factors_of_one_block_multiply_with_those_around_it():
    module = nn.ModuleDict({"encoder": nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))})
    config = OptimConfig(lr=1.0, lr_factors={"encoder": 0.5, "encoder.1": 0.1})
    rates = {
        tuple(p.shape): group["lr"] for group in make_optimizer(module, config).param_groups for p in group["params"]
    }
    assert rates == {(3, 2): 0.5, (3,): 0.5, (1, 3): 0.05, (1,): 0.05}
