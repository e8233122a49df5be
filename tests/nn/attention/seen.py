"""Who attends to whom, found by changing one token."""

import torch

from hondo.nn.attention.registry import attention

Grid = tuple[int, int]


def changed_by(name: str, index: int, *, grid_hw: Grid, leading: int = 0, num_heads: int = 2, **options) -> list[int]:
    """The tokens whose result changes with token ``index``."""
    torch.manual_seed(0)
    module = attention(name, dim=8, num_heads=num_heads, **options).eval()
    tokens = torch.randn(1, leading + grid_hw[0] * grid_hw[1], 8)
    changed = tokens.clone()
    changed[0, index] += 1
    with torch.no_grad():
        difference = (module(changed, grid_hw) - module(tokens, grid_hw)).abs().amax(-1)[0]
    return (difference > 1e-6).nonzero().flatten().tolist()
