"""Eigen's coarse-and-fine network: the sizes of the paper, both maps in metres, and any other size."""

import torch

from hondo.models.families.eigen2014 import START_DEPTH, eigen2014

TINY = {"hidden": 8, "width": 0.1}


def test_the_sizes_of_the_paper() -> None:
    with torch.device("meta"):
        model = eigen2014()
        maps = model.network(torch.zeros(1, 3, 228, 304))
        coarse = model.network.coarse.features(torch.zeros(1, 3, 228, 304))
    assert [tuple(each.shape) for each in maps] == [(1, 1, 57, 76)] * 2
    assert coarse.shape[1] == 256 and tuple(coarse.shape[2:]) == model.network.coarse.grid_hw
    assert [layer.out_features for layer in model.network.coarse.full if hasattr(layer, "out_features")] == [4096, 4332]


def test_the_fine_map_refines_the_coarse_one() -> None:
    torch.manual_seed(0)
    model = eigen2014(size_hw=(64, 96), **TINY).eval()
    fine, coarse = model(torch.rand(2, 3, 64, 96))
    assert fine.shape == coarse.shape == (2, 1, 16, 24) and not torch.equal(fine, coarse)
    assert 0.3 < float(coarse.detach().median()) / START_DEPTH < 3
    last = model.network.fine.refine[-1]
    torch.nn.init.zeros_(last.weight), torch.nn.init.zeros_(last.bias)
    fine, coarse = model(torch.rand(2, 3, 96, 64))
    assert torch.equal(fine, coarse) and fine.shape == (2, 1, 24, 16)
