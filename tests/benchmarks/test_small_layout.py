"""Several layout heads as one."""

import torch

from benchmarks.small_layout import merged
from hondo.models.families.small import Layout


def fitted(seed: int) -> Layout:
    """A head with weights and statistics of its own."""
    torch.manual_seed(seed)
    head = Layout((4, 6, 5), width=8 + 8 * seed)
    torch.nn.init.normal_(head.out.weight)
    head.train()
    for _ in range(20):
        head.norm(seed + (1 + seed) * torch.randn(8, 15, 4, 4))
    return head.eval()


def test_a_merged_head_is_the_weighted_mean() -> None:
    first, second = fitted(0), fitted(1)
    maps = [torch.randn(2, 4, 8, 12), torch.randn(2, 6, 4, 6), torch.randn(2, 5, 2, 3)]
    with torch.no_grad():
        mean = 0.7 * first(maps) + 0.3 * second(maps)
        torch.testing.assert_close(merged(first, second, share=0.3)(maps), mean, rtol=1e-4, atol=1e-5)
