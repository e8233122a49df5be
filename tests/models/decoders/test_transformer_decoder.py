"""The transformer decoder fits any pyramid of powers of two."""

import pytest
import torch

from hondo.models.decoders.transformer_decoder import TransformerDecoder

PYRAMIDS = [(2, 4, 8, 16, 32), (4, 8, 16, 32), (16,), (8, 64)]


def features(strides: tuple[int, ...], *, channels: tuple[int, ...]) -> list[torch.Tensor]:
    return [torch.rand(1, c, 64 // s, 128 // s, requires_grad=True) for c, s in zip(channels, strides, strict=True)]


@pytest.mark.parametrize("strides", PYRAMIDS)
def test_any_pyramid_gives_four_scales(strides: tuple[int, ...]) -> None:
    channels = (6, 8, 10, 12, 14)[: len(strides)]
    decoder = TransformerDecoder(channels=channels, strides=strides)
    maps = decoder(features(strides, channels=channels))
    assert [tuple(x.shape[-2:]) for x in maps] == [(64, 128), (32, 64), (16, 32), (8, 16)]


def test_every_feature_map_and_every_parameter_is_used() -> None:
    torch.manual_seed(0)
    decoder = TransformerDecoder(channels=(4, 4, 6, 8), strides=(2, 4, 8, 16), depth=2)
    given = features((2, 4, 8, 16), channels=(4, 4, 6, 8))
    sum(x.sum() for x in decoder(given)).backward()
    assert all(feature.grad is not None and feature.grad.abs().sum() > 0 for feature in given)
    assert all(parameter.grad is not None for parameter in decoder.parameters())


def test_the_half_size_map_joins_only_before_the_last_part() -> None:
    torch.manual_seed(0)
    decoder = TransformerDecoder(channels=(4, 4, 8), strides=(2, 4, 16)).eval()
    given = features((2, 4, 16), channels=(4, 4, 8))
    changed = [given[0] + 1, *given[1:]]
    with torch.no_grad():
        before, after = decoder(given), decoder(changed)
    assert not torch.allclose(before[0], after[0])
    assert all(torch.equal(a, b) for a, b in zip(before[1:], after[1:], strict=True))


def test_heads_mlp_and_reduction_follow_the_level() -> None:
    decoder = TransformerDecoder(channels=(32, 64, 160, 256), strides=(4, 8, 16, 32))
    blocks = [level.before[0] for level in reversed(decoder.levels.values())]
    assert [block.attn.num_heads for block in blocks] == [1, 2, 4, 8]
    assert [block.attn.reduction for block in blocks] == [8, 4, 2, 1]
    assert [block.mlp.fc1.out_features // block.mlp.fc1.in_features for block in blocks] == [8, 8, 4, 4]
    assert TransformerDecoder(channels=(5, 6), strides=(8, 16)).levels["8"].before[0].attn.num_heads == 1


def test_starts_at_the_depth_that_is_asked_for() -> None:
    torch.manual_seed(0)
    channels, strides = (6, 8, 10, 12), (4, 8, 16, 32)
    decoder = TransformerDecoder(channels=channels, strides=strides, start_depth=5.0)
    with torch.no_grad():
        maps = decoder(features(strides, channels=channels))
    assert all(4 < 1 / x.median().item() < 6.5 for x in maps)
