"""Separable convolutions from full ones."""

from copy import deepcopy

import torch

from hondo.compress.surgery.separable_decoder import factors, separate_decoder


def test_kernels_of_rank_one_are_found_exactly(hybrid, output) -> None:
    model = deepcopy(hybrid)
    with torch.no_grad():
        for conv in model.network.decoder.modules():
            if isinstance(conv, torch.nn.Conv2d) and conv.kernel_size == (3, 3):
                conv.weight.copy_(
                    torch.randn(conv.out_channels, conv.in_channels, 1, 1) * torch.randn(1, conv.in_channels, 3, 3) / 10
                )
    result = separate_decoder(model)
    assert torch.allclose(output(result.model), output(model), rtol=1e-3, atol=1e-4)
    assert "hold 100% of the squared weights" in result.kept.notes[0]
    again = separate_decoder(result.model)
    assert torch.equal(output(again.model), output(result.model))


def test_no_other_pair_of_kernels_is_closer() -> None:
    torch.manual_seed(0)
    weight = torch.randn(5, 3, 3, 3)
    depthwise, pointwise = factors(weight)
    error = (pointwise * depthwise.transpose(0, 1) - weight).square().sum()
    assert error < weight.square().sum()
    for _ in range(5):
        moved = pointwise + 0.02 * torch.randn_like(pointwise), depthwise + 0.02 * torch.randn_like(depthwise)
        assert (moved[0] * moved[1].transpose(0, 1) - weight).square().sum() > error
