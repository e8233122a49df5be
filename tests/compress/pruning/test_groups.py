"""Groups of every family are found and proven; a wrong group is not."""

from dataclasses import replace

import pytest
import torch

from hondo.compress.pruning.groups import channel_groups, find_groups, head_groups, is_proven
from hondo.compress.pruning.removal import masked, removed
from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.build_model import build_model
from tests.compress.pruning.conftest import shaken

FAMILIES = {
    "monodepth2": ("monodepth2", {"encoder": "timm:test_resnet"}, 21, 0),
    "fastdepth": ("fastdepth", {"encoder_widths": (8,) * 14, "decoder_widths": (8, 8)}, 16, 0),
    "dpt": ("dpt-fast", {"encoder": "test_resnet+vit_tiny_patch16_224", "hooks": (0, 1), "features": 16}, 26, 2),
    "nano": ("hondo-nano", {}, 40, 2),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_group_can_go(family: str) -> None:
    name, options, least, heads = FAMILIES[family]
    torch.manual_seed(0)
    weights = None if family == "nano" else "random"  # its corrections start at zero: trained ones prove more
    model = build_model(name, weights, **options, size_hw=(64, 64))
    found = [*channel_groups(model), *head_groups(model)]
    proven = find_groups(model if family == "nano" else shaken(model))
    assert {group.name for group in proven} == {group.name for group in found} and len(proven) >= least
    assert sum(group.heads_of is not None for group in proven) == heads


def test_smaller_tensors_give_the_map_that_masks_give(cnn: DepthModel) -> None:
    groups = find_groups(cnn)
    parts = {group.name: range(0, group.count, 3) for group in groups}
    image = torch.rand(1, 3, 64, 64)
    smaller, wanted = removed(cnn, parts, groups), masked(cnn, parts, groups)
    with torch.no_grad():
        assert torch.allclose(smaller(image)[0], wanted(image)[0], rtol=1e-4)
        assert not torch.allclose(wanted(image)[0], cnn(image)[0], rtol=1e-2)
    assert sum(each.numel() for each in smaller.parameters()) < 0.6 * sum(each.numel() for each in cnn.parameters())


def test_a_group_that_forgets_a_reader_is_not_proven(cnn: DepthModel) -> None:
    group = next(group for group in find_groups(cnn) if len(group.readers) > 1)
    short = replace(group, slices=tuple(each for each in group.slices if each is not group.readers[0]))
    parts = {group.name: (0, 1)}
    assert is_proven(cnn, parts, [group]) and not is_proven(cnn, parts, [short])


def test_skip_channels_follow(cnn: DepthModel) -> None:
    groups = find_groups(cnn)
    made = removed(cnn, {group.name: range(group.count // 2) for group in groups}, groups)
    before, after = (model.network.decoder.after["8"] for model in (cnn, made))
    assert 0 < after.skip_channels < before.skip_channels
