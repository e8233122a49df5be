"""What every objective keeps: an entry of OBJECTIVES is tested by being in the table."""

import pytest
import torch

from hondo.data.loading.collate import collate
from hondo.models.registry.build_model import build_model
from hondo.synthetic.scenes import SyntheticScenes
from hondo.train.loop.loop_config import OptimConfig
from hondo.train.loop.optim import make_optimizer
from hondo.train.objectives.objective import Objective
from hondo.train.objectives.registry import OBJECTIVES

SIZE_HW = (64, 96)
STEPS = 12
RESNET = "timm:test_resnet"
# The loss of a multi-frame model counts more pixels as its depths become trusted: that of its teacher must fall.
FALLS = {"multi-frame": "teacher_photometric"}
MODELS = {"multi-frame": ("manydepth", {"encoder": RESNET, "pose_encoder": RESNET, "num_depths": 4})}


@pytest.fixture(scope="module")
def samples() -> SyntheticScenes:
    return SyntheticScenes(length=2, seed=3, size_hw=SIZE_HW, sources=(-1, 1))


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_the_config_states_the_name_and_has_defaults(name: str) -> None:
    assert OBJECTIVES[name].config().objective == name


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_it_learns_on_a_tiny_rendered_set(name: str, samples: SyntheticScenes) -> None:
    torch.manual_seed(0)
    entry = OBJECTIVES[name]
    which, options = MODELS.get(name, ("unet", {"encoder": "light", "width": 0.25}))
    model = build_model(which, weights="random", size_hw=SIZE_HW, **options)
    prepared = entry.prepare_samples(samples, model, entry.config())
    batch = collate([prepared[index] for index in range(len(prepared))])
    objective = entry.build(model, entry.config())
    assert isinstance(objective, Objective) and isinstance(objective, torch.nn.Module) and objective.model is model
    optimizer = make_optimizer(objective, OptimConfig(lr=1e-3 if name in FALLS else 3e-3))
    losses = []
    for _ in range(STEPS):
        loss, parts = objective(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(parts[FALLS[name]].item() if name in FALLS else loss.item())
        assert loss.item() == pytest.approx(sum(part.item() for part in parts.values()), rel=1e-4)
        assert not any(part.requires_grad for part in parts.values())
    assert losses[-1] < losses[0], losses
