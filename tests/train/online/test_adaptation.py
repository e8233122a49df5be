"""Online adaptation: the given model never changes, its copy learns, and frames are kept in a buffer."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

import hondo
from hondo.core.errors import HondoError
from hondo.models.registry.build_model import build_model
from hondo.train.objectives.objective_config import SelfSupervisedConfig
from hondo.train.online.adaptation import OnlineAdaptation, OnlineConfig

CONFIG = OnlineConfig(steps=1, spacing=1, replayed=1, buffer=2, lr=1e-3)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build_model("unet", weights="random", encoder="light", width=0.25, size_hw=(32, 64))


def frames(count=6):
    """A smooth texture that shifts by a pixel a frame."""
    texture = torch.rand(1, 3, 8, 24, generator=torch.Generator().manual_seed(1))
    wide = torch.nn.functional.interpolate(texture, (32, 96), mode="bicubic").clamp(0, 1)[0].permute(1, 2, 0).numpy()
    return [np.ascontiguousarray((wide[:, k : k + 64] * 255).astype(np.uint8)) for k in range(count)]


def test_a_copy_learns_and_the_given_model_stays(model):
    before = copy.deepcopy(model.state_dict())
    adaptation = OnlineAdaptation(model, camera="fov=60", config=CONFIG)
    maps = [adaptation(image) for image in frames()]
    fixed = OnlineAdaptation(model, camera="fov=60", config=replace(CONFIG, steps=0))
    plain = [fixed(image) for image in frames()]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    same = [np.array_equal(one.values, other.values) for one, other in zip(maps, plain, strict=True)]
    assert same == [True] * 3 + [False] * 3  # the first triple of frames teaches the fourth
    assert len(adaptation.kept) == 2 and adaptation.count == 4
    assert maps[0].camera is not None and np.isfinite(maps[-1].values).all()


def test_it_learns_to_explain_the_video(model):
    objective = SelfSupervisedConfig(pose="direct", auto_mask=False, mask_outside=True, smoothness=0.0)
    adaptation = OnlineAdaptation(model, camera="fov=60", config=replace(CONFIG, steps=2, objective=objective))
    losses = []
    learn = adaptation.objective.register_forward_hook(lambda module, inputs, loss: losses.append(loss[0].item()))
    for image in frames(10):
        adaptation(image)
    learn.remove()
    assert np.mean(losses[-6:]) < 0.9 * np.mean(losses[:6])


def test_a_generator_over_frames_and_its_refusals(model):
    assert len(list(hondo.adapt(frames(2), model, camera="fov=60"))) == 2
    adaptation = OnlineAdaptation(model, camera="fov=60")
    with pytest.raises(HondoError, match="one size"):
        for image in (frames()[0], frames()[0][:, :32]):
            adaptation(image)
    with pytest.raises(HondoError, match="choose direct"):
        OnlineConfig(objective=SelfSupervisedConfig(pose="two-view"))
