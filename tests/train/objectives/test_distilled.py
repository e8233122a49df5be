"""A student and its teacher: zero where they agree, labels beside it, what does not fit together."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.core.types import DepthKind
from hondo.models.registry.build_model import build_model
from hondo.train.objectives.distilled import Distilled, build_distilled
from hondo.train.objectives.objective_config import DistillationConfig
from tests.train.conftest import tiny_model

BATCH = Batch(image=torch.rand(2, 3, 32, 64, generator=torch.Generator().manual_seed(0)))
UNET = {"weights": "random", "encoder": "light"}


def test_a_student_that_answers_as_its_teacher_costs_nothing():
    model = tiny_model().eval()
    config = DistillationConfig(terms={"distil_log": 1.0, "distil_gradient": 1.0, "distil_ssi": 1.0})
    total, parts = Distilled(model, tiny_model(), config).eval()(BATCH)
    assert total < 1e-4 and parts.keys() == config.terms.keys()


def test_features_are_projected_and_learn():
    student, teacher = build_model("unet", width=0.25, **UNET), build_model("unet", width=0.5, **UNET)
    objective = Distilled(student, teacher, DistillationConfig(terms={"distil_feature": 1.0})).train()
    loss = objective(BATCH)[0]
    loss.backward()
    assert 0 < loss < 2 and objective.project.weight.grad.abs().sum() > 0
    assert any(
        weight.grad is not None and weight.grad.abs().sum() > 0 for weight in student.network.encoder.parameters()
    )
    assert all(weight.grad is None for weight in teacher.parameters()) and not teacher.training


def test_the_teacher_is_no_part_of_the_state_and_sees_no_jitter():
    objective = build_distilled(tiny_model(), DistillationConfig())
    assert not any("teacher" in name for name in objective.state_dict()) and not list(objective.children())[1:]
    jittered = Batch(image=BATCH.image, augmented=1 - BATCH.image)
    assert torch.equal(objective.taught(jittered.image), objective.taught(BATCH.image))


@pytest.mark.parametrize(
    ("terms", "student", "message"),
    [
        ({"distil_log": 1.0}, DepthKind.RELATIVE_INVERSE_DEPTH, "has no logarithm; use objective.terms distil_ssi"),
        ({"ssi": 1.0}, DepthKind.SCALED_INVERSE_DEPTH, "needs a loss that reads the teacher"),
        (
            {"distil_feature": 1.0},
            DepthKind.SCALED_INVERSE_DEPTH,
            "compare encoders, and model 'tiny' has none",
        ),
    ],
)
def test_refusals(terms, student, message):
    with pytest.raises(HondoError, match=message):
        Distilled(tiny_model(student), tiny_model(), DistillationConfig(terms=terms))


def test_a_pose_network_teaches_no_depth():
    with pytest.raises(HondoError, match="gives poses, not depth"):
        build_distilled(tiny_model(), DistillationConfig(teacher="nano-pose"))
