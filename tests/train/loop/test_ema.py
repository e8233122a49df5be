import pytest
import torch
from torch import nn

from hondo.train.loop.ema import Ema


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
