"""AdaBins' mini-ViT: widths and range maps of maps of any size."""

import math

import pytest
import torch

from hondo.nn.blocks.mini_vit import MAX_TOKENS, MiniViT, enlarged, factor_in_graph, resampled, resampled_in_graph


@pytest.fixture
def vit() -> MiniViT:
    torch.manual_seed(0)
    return MiniViT(dim=8, bins=6, queries=5, patch=4, layers=1, num_heads=2, hidden=16).eval()


@pytest.mark.parametrize("size_hw", [(4, 4), (12, 16), (40, 120), (120, 100)])
def test_maps_have_the_size_of_the_input_and_widths_sum_to_one(vit: MiniViT, size_hw: tuple[int, int]) -> None:
    widths, maps = vit(torch.rand(2, 8, *size_hw))
    assert maps.shape == (2, 5, *size_hw) and widths.shape == (2, 6)
    assert torch.allclose(widths.sum(dim=1), torch.ones(2)) and widths.min() > 0


def test_range_maps_are_products_of_kernels_and_features(vit: MiniViT) -> None:
    x = torch.rand(1, 8, 12, 16)
    _, maps = vit(x)
    features = vit.conv(x)
    solved = torch.linalg.lstsq(features[0].flatten(1).t(), maps[0].flatten(1).t()).solution
    assert torch.allclose(features[0].flatten(1).t() @ solved, maps[0].flatten(1).t(), atol=1e-4)


def test_positions_in_use_are_the_first_and_stretch_beyond() -> None:
    positions = torch.arange(float(MAX_TOKENS))[:, None]
    assert torch.equal(resampled(positions, 7), positions[:7])
    stretched = resampled(positions, 2 * MAX_TOKENS - 1)
    assert torch.allclose(stretched[::2], positions, atol=1e-3) and stretched.shape == (999, 1)


def test_only_maps_with_too_few_patches_are_enlarged() -> None:
    x = torch.rand(1, 2, 8, 16)  # 2 x 4 patches
    assert enlarged(x, patch=4, count=8) is x
    assert enlarged(x, patch=4, count=9).shape == (1, 2, 16, 32)
    assert enlarged(x, patch=4, count=33).shape == (1, 2, 24, 48)


@pytest.mark.parametrize("count", [1, 7, MAX_TOKENS, MAX_TOKENS + 1, 999])
def test_the_matrix_of_positions_is_their_resampling(count: int) -> None:
    positions = torch.randn(MAX_TOKENS, 3)
    assert torch.allclose(resampled_in_graph(positions, count), resampled(positions, count), atol=2e-4)


@pytest.mark.parametrize("count", [9, 129])
def test_the_factor_without_branches_is_the_smallest_that_suffices(count: int) -> None:
    for patches in (*range(1, count + 2), 10 * count):
        assert factor_in_graph(patches, count=count) == math.ceil(math.sqrt(max(1, count / patches)))


def test_every_parameter_gets_a_gradient(vit: MiniViT) -> None:
    widths, maps = vit.train()(torch.rand(1, 8, 12, 16))
    (widths.square().sum() + maps.square().sum()).backward()
    assert all(parameter.grad is not None for parameter in vit.parameters())
