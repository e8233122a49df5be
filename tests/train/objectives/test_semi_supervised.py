"""Photometric and labelled losses in one objective: the sum of both, on one pass; labels set the scale."""

from dataclasses import replace

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.data.loading.collate import collate
from hondo.losses.l1 import log_l1_loss
from hondo.models.registry.build_model import build_model
from hondo.synthetic.scenes import SyntheticScenes
from hondo.train.objectives.objective_config import SelfSupervisedConfig, SemiSupervisedConfig
from hondo.train.objectives.self_supervised import SelfSupervised
from hondo.train.objectives.semi_supervised import SemiSupervised, prepare_samples
from tests.train.objectives.test_self_supervised import DEPTH, scene, wall

KNOWN = SelfSupervisedConfig(pose="known", auto_mask=False)
CONFIG = SemiSupervisedConfig(photometric=KNOWN, terms={"log_l1": 2.0})


def labelled(*, share=0.1):
    batch = scene(roles=("stereo",))
    valid = torch.rand(2, 1, 16, 48, generator=torch.Generator().manual_seed(0)) < share
    return replace(batch, depth_gt=torch.where(valid, DEPTH, torch.nan), valid=valid)


def losses(model, batch, config=CONFIG):
    return SemiSupervised(SelfSupervised(model, config.photometric), config)(batch)


def test_it_is_the_sum_of_both():
    batch = labelled()
    total, parts = losses(wall(0.4), batch)
    expected = SelfSupervised(wall(0.4), KNOWN)(batch)[1]
    for name, value in expected.items():
        torch.testing.assert_close(parts[name], value)
    depth = torch.full_like(batch.depth_gt, 2.5)
    torch.testing.assert_close(parts["log_l1"], 2 * log_l1_loss(depth, batch.depth_gt, is_valid=batch.valid))
    torch.testing.assert_close(total.detach(), torch.stack(list(parts.values())).sum())


def test_without_labels_the_photometric_part_is_left():
    total, parts = losses(wall(0.4), scene(roles=("stereo",)))
    assert parts["log_l1"] == 0 and total > 0


def test_the_model_is_trained_in_one_pass():
    model = wall(0.4)
    calls = []
    model.register_forward_hook(lambda *_: calls.append(1))
    losses(model, labelled())[0].backward()
    assert len(calls) == 1 and model.network.log_inv_depth.grad.isfinite()


def test_matched_depth_makes_a_metric_model():
    samples = SyntheticScenes(length=2, seed=4, size_hw=(64, 96), sources=("stereo",))
    plain = [replace(samples[index], depth_gt=None, valid=None) for index in range(2)]
    model = build_model("unet-light", weights="random")
    prepared = prepare_samples(plain, model, SemiSupervisedConfig(photometric=KNOWN, proxy=True))
    assert collate([prepared[0], prepared[1]]).valid.any()
    assert model.kind is DepthKind.METRIC_INVERSE_DEPTH


def test_smoothness_is_stated_once():
    with pytest.raises(HondoError, match=r"objective\.photometric\.smoothness"):
        losses(wall(0.4), labelled(), SemiSupervisedConfig(photometric=KNOWN, terms={"smoothness": 1.0}))
