"""Structured pruning by every criterion."""

import pytest
import torch
from torch import nn

from hondo.compress.compressor import Tools
from hondo.compress.pruning.choose import choose, least_kept
from hondo.compress.pruning.costs import layer_costs, macs_without
from hondo.compress.pruning.groups import find_groups
from hondo.compress.pruning.importance import CRITERIA, score_groups
from hondo.compress.pruning.refit import refitted
from hondo.compress.pruning.removal import removed
from hondo.compress.pruning.structured import layer_total, prune
from hondo.compress.steps import compress
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs


@pytest.mark.parametrize("by", CRITERIA)
def test_every_criterion_reaches_the_share(cnn: DepthModel, tools: Tools, by: str) -> None:
    made = prune(cnn, 0.5, by=by, tools=tools).model
    assert 0.3 < count_macs(made) / count_macs(cnn) <= 0.51
    assert torch.isfinite(made(tools.images[0])[0]).all()


@pytest.mark.parametrize("by", [by for by in CRITERIA if by != "movement"])  # which may move away from zero
def test_a_channel_that_does_nothing_is_the_least_important(cnn: DepthModel, tools: Tools, by: str) -> None:
    group = next(each for each in find_groups(cnn) if "layer1.0.conv1" in each.name)
    conv, norm = (cnn.get_submodule(f"network.encoder.network.layer1.0.{name}") for name in ("conv1", "bn1"))
    kept = {id(each): each.detach().clone() for each in (conv.weight, norm.weight, norm.bias)}
    reader = cnn.get_submodule(group.readers[0].path)
    read = reader.weight.detach().clone()
    try:
        for each in (conv.weight, norm.weight, norm.bias):
            each.data[3] = 0
        reader.weight.data[:, 3] *= 1e-3
        scores = score_groups(cnn, [group], by=by, tools=tools)[group.name]
        assert scores.argmin() == 3
    finally:
        for each in (conv.weight, norm.weight, norm.bias):
            each.data.copy_(kept[id(each)])
        reader.weight.data.copy_(read)


def test_what_is_counted_is_what_is_built(cnn: DepthModel) -> None:
    groups = find_groups(cnn)
    parts = {group.name: tuple(range(group.count // 3)) for group in groups}
    counted = macs_without(layer_costs(cnn), groups, parts)
    assert counted == pytest.approx(layer_total(removed(cnn, parts, groups)))


def test_a_copied_channel_is_taken_over(cnn: DepthModel, tools: Tools) -> None:
    """Refitting restores the map exactly where another channel holds what was removed."""
    groups = find_groups(cnn)
    group = next(each for each in groups if "layer1.0.conv1" in each.name)
    layers = [cnn.get_submodule(f"network.encoder.network.layer1.0.{name}") for name in ("conv1", "bn1")]
    state = [{key: each.clone() for key, each in layer.state_dict().items()} for layer in layers]
    try:
        for layer in layers:
            for tensor in layer.state_dict().values():
                if tensor.ndim:
                    tensor[3] = tensor[5]
        parts, image = {group.name: (3,)}, tools.images[0]
        with torch.no_grad():
            wanted = cnn(image)[0]
            plain = removed(cnn, parts, groups)(image)[0]
            fitted = removed(refitted(cnn, parts, groups, tools.images), parts, groups)(image)[0]
        assert (fitted - wanted).abs().max() < 0.05 * (plain - wanted).abs().max()
    finally:
        for layer, before in zip(layers, state, strict=True):
            layer.load_state_dict(before)


def test_no_layer_is_emptied_and_that_is_said(cnn: DepthModel) -> None:
    result = prune(cnn, 0.999, by="l2")
    assert "no layer is emptied" in str(result.kept) and "could go" in str(result.kept)
    for module in result.model.modules():
        if isinstance(module, nn.Conv2d):
            assert module.out_channels >= 1 and module.in_channels >= 1


def test_channels_stay_in_multiples_and_alike(cnn: DepthModel) -> None:
    groups = find_groups(cnn)
    scores = {group.name: torch.rand(group.count) for group in groups}
    costs = layer_costs(cnn)
    choice = choose(
        groups, scores, cost=lambda parts: macs_without(costs, groups, parts), target=0.4 * layer_total(cnn),
        per_group=True,
    )  # fmt: skip
    for group in groups:
        kept = group.count - len(choice.parts.get(group.name, ()))
        assert kept >= least_kept(group) and (group.count < 16 or kept % 8 == 0 or kept == group.count)


def test_heads_go(plain, tools: Tools) -> None:
    made = prune(plain, 0.4, by="taylor", per_layer=True, tools=tools).model
    assert {block.attn.num_heads for block in made.network.encoder.blocks} == {2}


def test_rounds_train_in_between(cnn: DepthModel, tools: Tools) -> None:
    said: list[str] = []
    result = prune(
        cnn, 0.5, by="l1", rounds=2, tools=Tools(images=tools.images, retrain=tools.retrain, on_progress=said.append)
    )
    assert len(said) == 2 and count_macs(result.model) < 0.51 * count_macs(cnn)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prune=loudest:0.4", "unknown pruning criterion 'loudest'"),
        ("prune=l2", "must be a criterion and the share"),
        ("prune=l2:1.4", "must be a criterion and the share"),
        ("prune=taylor:0.4", "give calibration images"),
        ("prune=movement:0.4", "give a recipe to train by"),
        ("prune=l2:0.4:rounds=0", "must be a criterion"),
    ],
)
def test_wrong_text_is_refused(cnn: DepthModel, text: str, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        compress(cnn, text)
