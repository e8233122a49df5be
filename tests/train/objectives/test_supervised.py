from dataclasses import replace

import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.core.types import DepthKind, InputSpec
from hondo.losses.chamfer_bins import chamfer_bins_loss
from hondo.losses.l1 import log_l1_loss
from hondo.losses.terms import TERMS
from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.build_model import build_model
from hondo.train.objectives.objective_config import SupervisedConfig
from hondo.train.objectives.supervised import Supervised, drawn_pixels
from tests.contracts.tiny import TINY

DEPTH = 1 + torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(0))
IS_VALID = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(1)) > 0.2
K = torch.tensor([[16.0, 0, 8], [0, 16, 8], [0, 0, 1]]).repeat(2, 1, 1)
BATCH = Batch(image=torch.zeros(2, 3, 16, 16), depth_gt=DEPTH, valid=IS_VALID, K=K)


class Says(nn.Module):
    def __init__(self, *maps):
        super().__init__()
        self.maps = maps

    def forward(self, image):
        return list(self.maps)


def model(*maps, kind=DepthKind.SCALED_INVERSE_DEPTH):
    return DepthModel(Says(*maps), name="says", kind=kind, input_spec=InputSpec(size_hw=(8, 8), multiple_of=8))


@pytest.mark.parametrize(
    "name", [name for name in TERMS if {"is_valid", "bin_centres"} & {*TERMS[name].reads} == {"is_valid"}]
)
@pytest.mark.parametrize("kind", [DepthKind.METRIC_DEPTH, DepthKind.METRIC_INVERSE_DEPTH])
def test_the_truth_costs_nothing_whatever_the_kind(name, kind):
    truth = 1 / DEPTH if kind.is_inverse else DEPTH
    loss, parts = Supervised(model(truth, kind=kind), SupervisedConfig(terms={name: 2.0}))(BATCH)
    assert loss < 1e-4 and parts.keys() == {name}


def test_terms_and_maps_are_weighted():
    wrong = 2 / DEPTH
    one = Supervised(model(wrong), SupervisedConfig(terms={"log_l1": 1.0}))(BATCH)[0]
    torch.testing.assert_close(one, torch.tensor(2.0).log())
    config = SupervisedConfig(terms={"log_l1": 3.0, "eigen": 0.5}, scale_decay=0.5)
    loss, parts = Supervised(model(wrong, wrong), config)(BATCH)
    torch.testing.assert_close(parts["log_l1"], 3 * 1.5 * one)
    torch.testing.assert_close(loss, parts["log_l1"] + parts["eigen"])


def test_coarse_maps_are_resized():
    flat = Batch(image=BATCH.image, depth_gt=torch.full((2, 1, 16, 16), 2.0), valid=IS_VALID)
    coarse = torch.full((2, 1, 4, 4), 0.5)
    assert Supervised(model(coarse), SupervisedConfig(terms={"silog": 1.0}))(flat)[0] < 1e-5


@pytest.mark.parametrize(
    ("config", "kind", "message"),
    [
        (SupervisedConfig(terms={}), DepthKind.METRIC_DEPTH, "objective.terms is empty"),
        (SupervisedConfig(terms={"silok": 1.0}), DepthKind.METRIC_DEPTH, "did you mean silog"),
        (SupervisedConfig(terms={"chamfer_bins": 0.1}), DepthKind.METRIC_DEPTH, "model 'says' has none"),
        (SupervisedConfig(terms={"silog": 1.0}), DepthKind.RELATIVE_INVERSE_DEPTH, "use 'ssi'"),
        (SupervisedConfig(terms={"virtual_normal": 1.0}), DepthKind.RELATIVE_INVERSE_DEPTH, "use 'ssi'"),
        (SupervisedConfig(terms={"distil_log": 1.0}), DepthKind.METRIC_DEPTH, "compares with a teacher"),
        (SupervisedConfig(options={"silog.variance_focus": 1.0}), DepthKind.METRIC_DEPTH, "unknown option of a loss"),
    ],
)
def test_refuses(config, kind, message):
    with pytest.raises(ValueError, match=message):
        Supervised(model(DEPTH, kind=kind), config)


def test_refuses_data_without_depth():
    with pytest.raises(ValueError, match="needs depth"):
        Supervised(model(DEPTH), SupervisedConfig())(Batch(image=BATCH.image))


def test_bins_are_compared_where_the_model_lays_them():
    adabins = build_model("adabins-nyu", weights="random", **TINY["adabins-nyu"])
    objective = Supervised(adabins, SupervisedConfig(terms={"silog": 1.0, "chamfer_bins": 0.1}))
    batch = Batch(image=torch.rand(2, 3, 32, 32), depth_gt=DEPTH.repeat(1, 1, 2, 2), valid=IS_VALID.repeat(1, 1, 2, 2))
    loss, parts = objective(batch)
    loss.backward()
    _, centres = adabins.with_bins(batch.image)
    torch.testing.assert_close(
        parts["chamfer_bins"], 0.1 * chamfer_bins_loss(centres, batch.depth_gt, is_valid=batch.valid).detach()
    )
    assert all(parameter.grad is not None for parameter in adabins.parameters())


def test_frozen_parts_stay_as_they_are():
    torch.manual_seed(0)
    small = build_model("unet-light", size_hw=(32, 32))
    objective = Supervised(small, SupervisedConfig(frozen=("encoder",))).train()
    before = {key: value.clone() for key, value in small.network.encoder.state_dict().items()}
    image, depth = torch.rand(2, 3, 32, 32), 1 + torch.rand(2, 1, 32, 32)
    loss, _ = objective(Batch(image=image, depth_gt=depth, valid=torch.ones_like(depth, dtype=torch.bool)))
    loss.backward()
    assert all(torch.equal(value, before[key]) for key, value in small.network.encoder.state_dict().items())
    assert all(parameter.grad is None for parameter in small.network.encoder.parameters())
    assert any(parameter.grad is not None for parameter in small.network.decoder.parameters())
    with pytest.raises(HondoError, match="has no part 'backbone'; it has: encoder, decoder"):
        Supervised(small, SupervisedConfig(frozen=("backbone",)))


def test_points_are_drawn_from_what_is_known():
    torch.manual_seed(0)
    drawn = drawn_pixels(IS_VALID, 40)
    assert not (drawn & ~IS_VALID).any() and 30 <= int(drawn[0].sum()) <= 40
    assert not drawn_pixels(IS_VALID & False, 40).any()


@pytest.mark.parametrize(("no_points", "count"), [(0.0, 2), (1.0, 0)])
def test_a_model_that_completes_depth_is_shown_points(no_points, count):
    model = build_model("unet", weights="random", encoder="light", width=0.25, in_channels=5)
    shown = []
    model.network.register_forward_pre_hook(lambda module, inputs: shown.append(inputs[0][:, 4].flatten(1).amax(1)))
    config = SupervisedConfig(terms={"log_l1": 1.0}, points=20, no_points=no_points)
    batch = Batch(image=torch.rand(2, 3, 32, 32), depth_gt=DEPTH.repeat(1, 1, 2, 2), valid=IS_VALID.repeat(1, 1, 2, 2))
    Supervised(model, config)(batch)[0].backward()
    assert int(shown[0].sum()) == count


def test_depth_that_the_image_does_not_show_is_learnt_from_points():
    torch.manual_seed(0)
    model = build_model("unet", weights="random", encoder="light", width=0.25, in_channels=5, min_depth=0.5).train()
    objective = Supervised(model, SupervisedConfig(terms={"log_l1": 1.0}, points=60, no_points=0.2))
    optimizer = torch.optim.Adam(objective.parameters(), lr=3e-3)
    known = torch.ones(8, 1, 32, 64, dtype=torch.bool)

    def batch():
        field = torch.nn.functional.interpolate(torch.rand(8, 1, 3, 4), (32, 64), mode="bilinear")
        return Batch(image=torch.rand(8, 3, 32, 64), depth_gt=1 + 8 * field, valid=known)

    for _ in range(100):
        loss = objective(batch())[0]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    fresh = batch()
    with torch.no_grad():
        shown = 1 / model(fresh.image, fresh.depth_gt, drawn_pixels(known, 60))[0]
        alone = 1 / model(fresh.image)[0]
    errors = [log_l1_loss(depth, fresh.depth_gt, is_valid=known) for depth in (shown, alone)]
    assert errors[0] < 0.75 * errors[1]


def test_measured_depth_is_shown_where_the_data_has_it():
    model = build_model("unet", weights="random", encoder="light", width=0.25, in_channels=5)
    shown = []
    model.network.register_forward_pre_hook(lambda module, inputs: shown.append(inputs[0][:, 3:]))
    measured = torch.full((2, 1, 32, 32), torch.e)
    is_measured = torch.rand(2, 1, 32, 32) < 0.1
    batch = Batch(image=torch.rand(2, 3, 32, 32), depth_gt=DEPTH.repeat(1, 1, 2, 2), valid=IS_VALID.repeat(1, 1, 2, 2))
    batch = replace(batch, measured=measured, is_measured=is_measured)
    Supervised(model, SupervisedConfig(terms={"log_l1": 1.0}, no_points=0.0))(batch)
    assert torch.equal(shown[0][:, 1:] > 0, is_measured)
    torch.testing.assert_close(shown[0][:, :1][is_measured], torch.ones(int(is_measured.sum())))
