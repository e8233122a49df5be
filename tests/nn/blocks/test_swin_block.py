"""Swin's block gives what timm's does, at every size."""

import pytest
import torch

from hondo.models.base.torchvision_guard import import_timm
from hondo.nn.blocks.swin_block import SwinBlock, apart


def timms_block(shift: int):
    torch.manual_seed(0)
    block = import_timm().models.swin_transformer.SwinTransformerBlock
    return block(16, (14, 14), num_heads=2, window_size=4, shift_size=shift, dynamic_mask=True).eval()


@pytest.mark.parametrize("shift", [0, 2])
@pytest.mark.parametrize("grid_hw", [(8, 12), (5, 9), (3, 2)])
def test_it_computes_what_timm_does(shift: int, grid_hw: tuple[int, int]) -> None:
    theirs = timms_block(shift)
    own = SwinBlock(theirs).eval()
    x = torch.randn(2, *grid_hw, 16)
    with torch.no_grad():
        assert torch.allclose(own(x), theirs(x), atol=1e-5)
    assert own.state_dict().keys() == theirs.state_dict().keys()


@pytest.mark.parametrize("grid_hw", [(8, 12), (5, 9), (3, 2)])
def test_the_mask_is_timms(grid_hw: tuple[int, int]) -> None:
    padded = torch.zeros(1, *(-(-side // 4) * 4 for side in grid_hw), 16)
    mask = apart(grid_hw, window=(4, 4), shift=(2, 2), like=padded)
    assert torch.equal(mask, timms_block(2).get_attn_mask(padded))


def test_every_parameter_gets_a_gradient() -> None:
    own = SwinBlock(timms_block(2)).train()
    own(torch.randn(1, 8, 8, 16)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in own.parameters())
