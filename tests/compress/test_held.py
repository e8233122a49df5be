"""Sparse weights stay sparse in training, and shared ones shared."""

from copy import deepcopy

import torch

from hondo.compress.cluster import cluster
from hondo.compress.held import held, settle
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.packed_weights import SPARSE
from hondo.models.registry.build_model import build_model


def trained(model: DepthModel, *, steps: int = 3) -> DepthModel:
    torch.manual_seed(0)
    optimizer = torch.optim.AdamW(model.train().parameters(), lr=1e-3)
    with held(model):
        for _ in range(steps):
            optimizer.zero_grad()
            model(torch.rand(2, 3, 64, 64))[0].square().mean().backward()
            optimizer.step()
    return model.eval()


def parent() -> DepthModel:
    torch.manual_seed(0)
    return build_model("monodepth2", "random", encoder="timm:test_resnet", size_hw=(64, 64))


def test_zeros_stay_and_the_rest_moves() -> None:
    model, key = parent(), "network.decoder.before.1.0.conv.weight"
    weight = dict(model.named_parameters())[key]
    weight.data *= weight.data.abs() > weight.data.abs().median()
    model.packing = {key: SPARSE}
    before = weight.detach().clone()
    trained(model)
    assert torch.equal(weight == 0, before == 0) and not torch.equal(weight, before)


def test_shared_weights_move_as_one() -> None:
    model = cluster(parent(), 16).model
    before = deepcopy(model.state_dict())
    settle(trained(model))
    weights = dict(model.named_parameters())
    assert len(model.packing) > 5
    for key in model.packing:
        assert len(weights[key].unique()) <= 16
    assert any(not torch.equal(weights[key], before[key]) for key in model.packing)


def test_nothing_is_held_afterwards() -> None:
    model = cluster(parent(), 16).model
    trained(model, steps=1)
    model(torch.rand(1, 3, 64, 64))[0].mean().backward()
    gradient = next(each.grad for name, each in model.named_parameters() if name in model.packing)
    assert len(gradient.unique()) > 16
