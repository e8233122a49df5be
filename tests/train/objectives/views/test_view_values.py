"""Values by name, made once."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.core.types import DepthKind
from hondo.data.augment.geometric import flip
from hondo.data.loading.collate import collate
from hondo.models.registry.build_model import build_model
from hondo.synthetic.scenes import SyntheticScenes
from hondo.train.objectives.views.view_values import ViewValues


def test_values_are_made_when_asked_for_and_once():
    model = build_model("unet", weights="random", encoder="light", width=0.25, size_hw=(32, 64))
    batch = Batch(
        image=torch.rand(2, 3, 32, 64), K=torch.eye(3).repeat(2, 1, 1), source_images=torch.rand(2, 1, 3, 32, 64)
    )
    values = ViewValues(batch, torch.rand(2, 1, 16, 32) + 0.5, [torch.eye(4).repeat(2, 1, 1)], model=model)
    assert "depth_source" not in vars(values)
    assert values["depth"].shape == (2, 1, 32, 64) and values["source_K"].shape == (2, 1, 3, 3)
    assert values["is_scene"].all() and values["depth_source"] is values["depth_source"]
    assert len(values) == len(list(values))
    with pytest.raises(KeyError):
        values["batch"]


@pytest.fixture(scope="module")
def pairs() -> Batch:
    scenes = SyntheticScenes(length=2, seed=1, size_hw=(96, 160), sources=("stereo",), worlds={"simple": 1.0})
    return collate([scenes[0], scenes[1]])


def values_at(batch: Batch, factor: float = 1.0) -> ViewValues:
    model = build_model("unet", weights="random", encoder="light", width=0.25, size_hw=(96, 160))
    model.kind = DepthKind.METRIC_DEPTH
    return ViewValues(batch, batch.depth_gt * factor, [batch.T_source_target[:, 0]], model=model)


@pytest.mark.parametrize("flipped", [[False, False], [True, False]])
def test_matched_depth_is_near_the_truth_and_better_than_a_wrong_prediction(pairs, flipped) -> None:
    batch = flip(pairs, torch.tensor(flipped))
    hint, is_certain = values_at(batch)._hint
    known = is_certain & batch.valid
    assert known.float().mean() > 0.3
    assert ((hint - batch.depth_gt).abs() / batch.depth_gt.clamp(min=0.1))[known].median() < 0.1
    shares = [values_at(batch, factor)["is_hint_better"].float().mean() for factor in (1.0, 1.6)]
    assert shares[1] > 0.3 and shares[1] > 1.5 * shares[0]


def test_hints_need_a_stereo_pair(pairs) -> None:
    values = values_at(Batch(**{**vars(pairs), "source_roles": (-1,)}))
    with pytest.raises(HondoError, match=r"data\.sources=stereo"):
        values["depth_hint"]
