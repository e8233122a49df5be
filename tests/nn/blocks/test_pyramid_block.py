"""The block of the pyramid vision transformers."""

import pytest
import torch

from hondo.nn.blocks.pyramid_block import MLP, MixMLP, PyramidBlock


@pytest.mark.parametrize("is_mixing", [True, False])
def test_keeps_the_shape_and_reaches_every_parameter(is_mixing: bool) -> None:
    torch.manual_seed(0)
    block = PyramidBlock(8, num_heads=2, mlp_ratio=2, reduction=2, is_mixing=is_mixing)
    out = block(torch.randn(2, 24, 8), (4, 6))
    assert out.shape == (2, 24, 8)
    out.square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in block.parameters())


def test_a_block_whose_branches_end_in_zeros_is_the_identity() -> None:
    block, tokens = PyramidBlock(8, num_heads=1, mlp_ratio=2, reduction=1), torch.randn(1, 6, 8)
    for last in (block.attn.proj, block.mlp.fc2):
        torch.nn.init.zeros_(last.weight)
        torch.nn.init.zeros_(last.bias)
    assert torch.equal(block(tokens, (2, 3)), tokens)


def test_only_the_mixing_mlp_sees_neighbours() -> None:
    torch.manual_seed(0)
    tokens = torch.randn(1, 25, 4)
    changed = tokens.clone()
    changed[0, 12] += 1  # the middle of the 5 x 5 grid
    for mlp, reached in ((MLP(4, 8), 1), (MixMLP(4, 8), 9)):
        difference = (mlp(changed, (5, 5)) - mlp(tokens, (5, 5))).abs().amax(-1)
        assert int((difference > 1e-6).sum()) == reached


def test_a_mixing_mlp_whose_convolution_is_the_identity_is_the_plain_one() -> None:
    torch.manual_seed(0)
    plain, mixing = MLP(4, 8), MixMLP(4, 8)
    mixing.load_state_dict(plain.state_dict(), strict=False)
    torch.nn.init.zeros_(mixing.dwconv.bias)
    torch.nn.init.dirac_(mixing.dwconv.weight, groups=8)
    tokens = torch.randn(2, 6, 4)
    assert torch.allclose(mixing(tokens, (2, 3)), plain(tokens, (2, 3)), atol=1e-6)
