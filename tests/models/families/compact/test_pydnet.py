"""PyDNet: the size of the paper, three maps, learning."""

import torch

from hondo.models.families.compact.pydnet import pydnet


def test_as_many_parameters_as_the_paper_says() -> None:
    with torch.device("meta"):
        model = pydnet()
    count = sum(each.numel() for each in model.parameters())
    assert 1.90e6 < count < 2.00e6  # 1.9 M (Poggi et al. 2018, table II)


def test_three_maps_and_a_width() -> None:
    torch.manual_seed(0)
    model = pydnet(width=0.25, size_hw=(64, 128)).train()
    maps = model(torch.rand(2, 3, 64, 128))
    assert [tuple(each.shape) for each in maps] == [(2, 1, 32, 64), (2, 1, 16, 32), (2, 1, 8, 16)]
    sum(each.mean() for each in maps).backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in model.parameters())
