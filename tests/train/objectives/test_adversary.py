"""The two losses move their own weights only, and the discriminator learns to tell a flat map from the truth."""

import pytest
import torch

from hondo.core.sample import Batch
from hondo.core.truth_kind import TruthKind
from hondo.models.registry.build_model import build_model
from hondo.train.objectives.adversary import Adversary
from hondo.train.objectives.objective_config import SupervisedConfig
from hondo.train.objectives.supervised import Supervised

IMAGE = torch.rand(2, 3, 32, 48, generator=torch.Generator().manual_seed(0))
TRUE = 0.2 + IMAGE.mean(1, keepdim=True)
KNOWN = torch.rand(2, 1, 32, 48, generator=torch.Generator().manual_seed(1)) > 0.3
FLAT = torch.ones_like(TRUE)


def test_gradients_do_not_meet():
    adversary, pred = Adversary(), FLAT.clone().requires_grad_()
    of_model, of_judge = adversary(IMAGE, pred, TRUE, KNOWN)
    of_model.backward(retain_graph=True)
    assert pred.grad.abs().sum() > 0 and (pred.grad[~KNOWN] == 0).all()
    assert all(weight.grad is None for weight in adversary.parameters())
    pred.grad = None
    of_judge.backward()
    assert pred.grad is None and all(weight.grad is not None for weight in adversary.parameters())


def test_nothing_known_costs_nothing():
    pred = FLAT.clone().requires_grad_()
    losses = Adversary()(IMAGE, pred, torch.full_like(TRUE, torch.nan), KNOWN & False)
    sum(losses).backward()
    assert all(loss == 0 for loss in losses) and (pred.grad == 0).all()


def test_the_discriminator_learns_to_tell_them_apart():
    torch.manual_seed(0)
    adversary = Adversary()
    optimizer = torch.optim.Adam(adversary.parameters(), lr=2e-3)
    first = None
    for _ in range(15):
        loss = adversary(IMAGE, FLAT, TRUE, KNOWN)[1]
        first = first or float(loss.detach())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.8 * first


@pytest.mark.parametrize(("truth", "is_judged"), [(TruthKind.METRIC, True), (TruthKind.UP_TO_SCALE_AND_SHIFT, False)])
def test_as_part_of_an_objective(truth, is_judged):
    model = build_model("unet", weights="random", encoder="light", width=0.25).train()
    objective = Supervised(model, SupervisedConfig(terms={"ssi": 1.0}, adversarial=0.1))
    total, parts = objective(Batch(image=IMAGE, depth_gt=1 / TRUE, valid=KNOWN, truths=(truth, truth)))
    total.backward()
    assert parts.keys() == {"ssi", "adversarial", "discriminator"} and (parts["adversarial"] > 0) == is_judged
    torch.testing.assert_close(total.detach(), sum(parts.values()))
    assert any("adversary" in name for name in objective.state_dict())
    assert "adversary" not in str(objective.model.state_dict().keys())
