import pytest
import torch
from torch import nn

from hondo.core.sample import Batch
from hondo.train.loop.training import Ema, FiniteCheck, NotFiniteError, to_device


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_raises_with_step_value_and_advice(bad):
    check = FiniteCheck(agree=lambda value: value, advice="lower the rate")
    check.observe(torch.tensor([1.0, 2.0]), step=6)
    with pytest.raises(NotFiniteError, match=rf"not finite at step 7 \(1, {bad:g}\); lower the rate"):
        check.observe(torch.tensor([1.0, bad]), step=7)
    check.settle()  # told once


def test_another_process_can_stop_this_one():
    check = FiniteCheck(agree=lambda value: 1.0, advice="")
    with pytest.raises(NotFiniteError):
        check.observe(torch.tensor([1.0]), step=0)


def test_to_device_keeps_what_is_there():
    batch = Batch(image=torch.zeros(1, 3, 8, 8), depth_gt=torch.ones(1, 1, 8, 8))
    assert to_device(batch, torch.device("cpu")) is batch
    moved = to_device(batch, torch.device("meta"))
    assert moved.depth_gt is not None and moved.depth_gt.is_meta


def fill(model, value):
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.fill_(value)


def test_exact_average_of_weights_and_buffers():
    model = nn.BatchNorm1d(2)
    fill(model, 0)
    ema = Ema(model, decay=0.5)
    fill(model, 8)
    ema.update()  # decay min(0.5, 2 / 11)
    assert ema.model.weight[0].item() == pytest.approx(8 * 9 / 11)
    assert ema.model.running_mean[0].item() == pytest.approx(8 * 9 / 11)
    assert ema.model.num_batches_tracked == 8  # a counter is copied
    assert not ema.model.training and not ema.model.weight.requires_grad and model.weight.requires_grad


def test_converges_and_resumes():
    model = nn.Linear(2, 2)
    ema = Ema(model, decay=0.9)
    fill(model, 3)
    for _ in range(200):
        ema.update()
    torch.testing.assert_close(ema.model.weight, model.weight)
    again = Ema(nn.Linear(2, 2), decay=0.9)
    again.load_state_dict(ema.state_dict())
    assert again.num_updates == 200 and torch.equal(again.model.weight, ema.model.weight)


def test_without_decay_it_is_the_model():
    model = nn.Linear(2, 2)
    ema = Ema(model, decay=None)
    ema.update()
    assert ema.model is model and ema.state_dict() == {}
